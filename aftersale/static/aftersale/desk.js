/* What all pages of the desk share: the one dialog, and saying what was done.

   A link or button with hx-get and hx-target="#desk-dialog-content" opens the dialog. Its form
   posts with hx-post into the same target: an answer with status 422 or 409 is shown in its
   place, and an answer with the header HX-Trigger "desk:done" closes it (aftersale/admin/pages.py).
   Texts come from the server: there are none here. */
(() => {
    "use strict";

    // Refusals (409, 422) are shown in place of what was sent.
    htmx.config.responseHandling = [
        { code: "204", swap: false },
        { code: "[23]..", swap: true },
        { code: "409|422", swap: true, error: false },
        { code: "[45]..", swap: false, error: true },
    ];

    // Unfold hides the page until its script has run: by then the browser has passed by the field that
    // the page begins with.
    document.addEventListener("alpine:initialized", () => setTimeout(() => {
        if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
    }));

    const dialog = () => document.getElementById("desk-dialog");
    let from = ""; // the id of what had the focus when the dialog was opened

    const show = () => {
        const box = dialog();
        const wide = box.querySelector("[data-wide]") !== null;
        box.classList.toggle("d-dialog--wide", wide);
        if (!box.open) {
            from = document.activeElement?.id;
            box.showModal();
        }
        // Else the browser would begin at ✕, where what is typed goes nowhere.
        const first = box.querySelector("[autofocus], [aria-invalid=true]")
            ?? box.querySelector(".d-dialog-body :is(input:not([type=hidden]), select, textarea)");
        first?.focus();
    };

    const close = () => dialog()?.open && dialog().close();

    const toast = (text, kind, within) => {
        const template = document.getElementById("desk-toast");
        const place = within ?? document.getElementById("desk-toasts");
        // What is said already is not said again.
        const said = [...place.querySelectorAll(".d-toast [data-text]")].map((one) => one.textContent);
        if (!text || !template || said.includes(text)) return null;
        const shown = template.content.firstElementChild.cloneNode(true);
        shown.querySelector("[data-text]").textContent = text;
        if (kind) shown.classList.add(`d-toast--${kind}`);
        const remove = () => shown.remove();
        shown.querySelector("button").addEventListener("click", remove);
        if (within) {
            shown.setAttribute("role", "alert");
            within.prepend(shown);
            shown.scrollIntoView({ block: "nearest" });
        } else place.append(shown);
        if (kind !== "danger") setTimeout(remove, 6000);
        return shown;
    };

    // Settled: a form that htmx does not know yet would be sent by the browser, to the page.
    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.detail.target?.id === "desk-dialog-content") show();
    });
    document.addEventListener("desk:done", (event) => {
        close();
        toast(event.detail.message, event.detail.kind);
        htmx.trigger(document.body, "desk:refresh");
    });
    // News that nobody on this page caused: said, and nothing else happens to the page.
    document.addEventListener("desk:told", (event) => {
        toast(event.detail.message, event.detail.kind);
    });
    document.addEventListener("click", (event) => {
        // A case that has changed: the page shows it as it is now.
        if (event.target.closest("[data-look-anew]")) htmx.trigger(document.body, "desk:refresh");
        if (event.target.closest("[data-close-dialog]")) close();
        // The backdrop is the dialog itself; what is in it has elements of its own.
        else if (event.target === dialog()) close();
    });
    // What is selected can be copied by hand, too, where the browser allows no script to (no HTTPS).
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-copy]");
        if (!button) return;
        const field = document.querySelector(button.dataset.copy);
        field.focus();
        field.select();
        try {
            if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
            else if (!document.execCommand("copy")) return;
        } catch {
            return;
        }
        // Beside the button: what is behind an open dialog is read to nobody.
        button.nextElementSibling.textContent = button.dataset.copied;
    });
    // The browser gives the focus back, but not where the page has read itself anew meanwhile.
    document.addEventListener("close", (event) => {
        if (event.target !== dialog() || document.activeElement !== document.body || !from) return;
        document.getElementById(from)?.focus({ preventScroll: true });
    }, true);
    // What is shown once is gone with its dialog, however that was closed.
    document.addEventListener("close", (event) => {
        if (event.target === dialog() && dialog().querySelector("[data-copy]")) {
            document.getElementById("desk-dialog-content").replaceChildren();
        }
    }, true);
    // The amount that is typed stands on the button too.
    document.addEventListener("input", (event) => {
        if (!event.target.matches?.("[data-amount]")) return;
        const shown = dialog().querySelector("[data-amount-shown]");
        if (!shown) return;
        // As money.parse_yuan reads it: signs and digits of a Chinese keyboard, commas before each
        // three digits. The server refuses other texts; the button must not name the old amount.
        const typed = event.target.value.normalize("NFKC").trim();
        const found = /^[¥￥]?\s*(\d{1,10}|\d{1,3}(?:,\d{3}){1,3})(\.\d{1,2})?\s*元?$/.exec(typed);
        const figures = found
            ? Number(found[1].replaceAll(",", "") + (found[2] ?? "")).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })
            : typed || "…";
        shown.textContent = `¥${figures}`;
    });
    // Unfold takes whatever settles with form rows in it for an inline formset, and fails on it.
    const rows = (event) => {
        const settled = event.target;
        if (settled.dataset?.inlineFormset || !settled.querySelector?.(".form-row")) return;
        event.stopImmediatePropagation();
    };
    document.addEventListener("htmx:afterSettle", rows, true);
    // Unfold writes a chosen file's name into a text field of its own, and fails where there is
    // none: to it all file fields count as seen to. Observers are called in the order of their
    // making, and Unfold makes its own later. Its icons are words of a font, which would be read
    // aloud: "sync_alt Refund attempts".
    const amend = () => {
        for (const input of document.querySelectorAll("input[type=file]")) input.hasChangeListener = true;
        for (const icon of document.querySelectorAll(".material-symbols-outlined:not([aria-hidden])")) icon.setAttribute("aria-hidden", "true");
    };
    new MutationObserver(amend).observe(document, { childList: true, subtree: true });
    /* What failed says so: a silent button would be pressed again. In the dialog, where one is
       open: nothing behind it can be read or reached. */
    const FAILURES = { 401: "loggedOut", 403: "refused", 404: "gone" };
    const BY_ITSELF = ["desk:refresh", "visibilitychange", "load"];
    const passing = new Set(); // what a page that reads itself anew said: over once it can again

    const fail = (event) => {
        const { xhr, requestConfig, target } = event.detail;
        const texts = document.getElementById("desk-toasts").dataset;
        const text = texts[xhr.status ? (FAILURES[xhr.status] ?? "broken") : "failed"];
        const trigger = requestConfig?.triggeringEvent;
        const asked = trigger && !BY_ITSELF.includes(trigger.type);
        const within = asked && dialog()?.open ? dialog().querySelector(".d-dialog-body") : null;
        const shown = toast(asked || xhr.status ? text : texts.offline, "danger", within);
        if (!shown) return;
        if (xhr.status === 401) shown.querySelector("[data-log-in]").hidden = false;
        if (!asked) passing.add(shown);
    };
    document.addEventListener("htmx:sendError", fail);
    document.addEventListener("htmx:responseError", fail);
    document.addEventListener("htmx:afterRequest", (event) => {
        if (!event.detail.successful) return;
        for (const shown of passing) shown.remove();
        passing.clear();
    });
    // Whoever has logged in again, in another tab, has a new token: a page that is open learns it.
    document.addEventListener("htmx:configRequest", (event) => {
        const token = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie)?.[1];
        const { parameters } = event.detail;
        if (token && parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = token;
    });
})();
