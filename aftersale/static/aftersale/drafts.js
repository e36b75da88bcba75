/* Typed text is not lost: a dialog with data-drafts gives it back when it is opened again, from
   rejecting it goes along to negotiating, and a page asks before a changed form is left.

   Drafts are kept in this tab alone, under the person's name, and end with the dialog's success. */
(() => {
    "use strict";

    const FIELDS = "textarea[name], select[name], input[name]:not([type=hidden], [type=checkbox], [type=file], [type=password], [data-amount])";
    const who = () => document.getElementById("desk-toasts")?.dataset.who ?? "";
    const dialog = () => document.getElementById("desk-dialog");
    const formOf = (element) => element?.closest?.("form[data-drafts]");
    const keyOf = (form) => `draft:${who()}:${form.getAttribute("hx-post")}`;

    const read = (form) => JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
    const keep = (event) => {
        const form = formOf(event.target);
        if (!form || !event.target.matches(FIELDS)) return;
        const values = read(form);
        values[event.target.name] = event.target.value;
        sessionStorage.setItem(keyOf(form), JSON.stringify(values));
    };
    document.addEventListener("input", keep);
    document.addEventListener("change", keep);

    const typed = (form) => Object.values(read(form)).some((value) => value.trim() !== "");

    const restore = (form) => {
        let back = false;
        for (const [name, value] of Object.entries(read(form))) {
            for (const field of form.querySelectorAll(FIELDS)) {
                if (field.name !== name) continue;
                if (field.type === "radio") field.checked ||= field.value === value && !field.disabled;
                else if (value && field.value !== value) {
                    field.value = value;
                    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
                    back ||= field.tagName === "TEXTAREA";
                }
            }
        }
        const told = form.querySelector("[data-draft-back]");
        if (told) told.hidden = !back;
    };

    /* From rejecting to negotiating: the person's own words, not a reason's text. */
    let carried = "";
    document.addEventListener("click", (event) => {
        const form = event.target.closest("[data-carry]") && formOf(event.target);
        const text = form?.querySelector("[data-reply-text]");
        const own = text && ![...form.querySelectorAll("[data-text]")].some(
            (radio) => radio.dataset.text.trim() === text.value.trim(),
        );
        if (own) carried = text.value;
        if (event.target.closest("[data-draft-drop]")) {
            const dropped = formOf(event.target);
            sessionStorage.removeItem(keyOf(dropped));
            for (const field of dropped.querySelectorAll("textarea[name]")) field.value = field.defaultValue;
            dropped.querySelector("[data-draft-back]").hidden = true;
        }
    });

    let sent = null; // the drafts of the form that was sent last
    document.addEventListener("htmx:beforeRequest", (event) => {
        const form = event.detail.elt.matches?.("form[data-drafts]") && event.detail.elt;
        if (form) sent = keyOf(form);
    });
    document.addEventListener("desk:done", () => {
        if (sent) sessionStorage.removeItem(sent);
        sent = null;
    }, true);
    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.detail.target?.id !== "desk-dialog-content") return;
        // The results of a batch.
        if (sent && dialog().querySelector("[data-was-sent]")) sessionStorage.removeItem(sent);
        const form = dialog().querySelector("form[data-drafts]");
        if (!form) return;
        // A refused form shows what was sent.
        if (event.detail.xhr.status === 200) restore(form);
        const message = form.querySelector("[data-carried]");
        if (carried && message && !message.value) {
            message.value = carried;
            message.dispatchEvent(new Event("input", { bubbles: true }));
        }
        carried = "";
    });
    // A click beside a dialog closes it only while nothing has been typed in it (desk.js).
    document.addEventListener("click", (event) => {
        const form = event.target === dialog() && dialog().querySelector("form[data-drafts]");
        if (form && typed(form)) event.stopImmediatePropagation();
    }, true);

    // Enter in a field sends nothing: it goes on to the button, which says what is sent.
    document.addEventListener("keydown", (event) => {
        const form = event.key === "Enter" && !event.isComposing && formOf(event.target);
        if (!form || event.ctrlKey || event.metaKey || !event.target.matches("input, select")) return;
        event.preventDefault();
        form.querySelector("footer [type=submit]:not([name])")?.focus();
    });

    /* Forms of a page */
    const changed = new Set();
    const ofPage = (form) => form?.method === "post" && !form.closest("#desk-dialog") && !form.matches("[data-leave]");
    const note = (event) => {
        const form = event.target.form;
        if (ofPage(form) && event.isTrusted) changed.add(form);
    };
    document.addEventListener("input", note);
    document.addEventListener("change", note);
    document.addEventListener("submit", (event) => changed.delete(event.target));
    document.addEventListener("htmx:afterRequest", (event) => changed.delete(event.detail.elt));
    window.addEventListener("beforeunload", (event) => {
        if ([...changed].some((form) => form.isConnected)) event.preventDefault();
    });
})();
