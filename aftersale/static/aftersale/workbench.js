/* The workbench: opening cases, keys, ticks, and a list that reads itself anew without disturbing.

   Texts come from the server: countdowns from the data attributes of #wb. */
(() => {
    "use strict";

    const wb = document.getElementById("wb");
    if (!wb) return;
    const list = document.getElementById("wb-rows");
    const pane = document.getElementById("wb-case");
    const dialog = () => document.getElementById("desk-dialog");
    const phone = window.matchMedia("(max-width: 899px)");

    /* Cases */
    const rows = () => (list ? [...list.querySelectorAll(".wb-row")] : []);
    const rowOf = (pk) => list?.querySelector(`.wb-row[data-case="${pk}"]`);
    let current = null; // the key of the case that is open
    let order = []; // the keys of the rows, as they were last shown
    let deciding = null; // the case whose dialog is open
    let askedBy = null; // the step whose button had the focus when it opened the dialog
    let later = null; // the key that waits for the case to arrive
    let settled = null; // the case whose buttons work

    const mark = () => {
        for (const row of rows()) {
            const link = row.querySelector("[data-open]");
            if (row.dataset.case === current) link.setAttribute("aria-current", "true");
            else link.removeAttribute("aria-current");
        }
        wb.classList.toggle("wb--open", current !== null);
    };

    const address = (pk) => {
        const query = new URLSearchParams(location.search);
        if (pk) query.set("case", pk);
        else query.delete("case");
        return `?${query}`;
    };

    const load = (url) => {
        unread = missing = false;
        // What is shown meanwhile is the case as it was: a key waits for it as it is.
        settled = null;
        htmx.ajax("GET", url, { target: pane, swap: "innerHTML" });
    };

    const open = (pk, { remember = true } = {}) => {
        const url = `${wb.dataset.page}case/${pk}/`;
        if (remember) {
            // On a phone the list is a step back; beside the list there is nothing to go back to.
            if (phone.matches && current === null) history.pushState({ case: pk }, "", address(pk));
            else history.replaceState({ case: pk }, "", address(pk));
        }
        current = String(pk);
        mark();
        rowOf(current)?.scrollIntoView({ block: "nearest" });
        pane.scrollTop = 0;
        load(url);
    };

    const shut = () => {
        current = null;
        pane.replaceChildren(document.getElementById("wb-nothing").content.cloneNode(true));
        history.replaceState({}, "", address(null));
        mark();
    };

    const anew = () => {
        if (!list) location.reload();
        else if (current) load(`${wb.dataset.page}case/${current}/`);
    };

    /* A case that could not be read: no other one stands in its place. */
    let unread = false; // because the server was out of reach: tried again once it is there
    let missing = false; // nothing is on its way that a key could wait for
    const failed = (event) => {
        if (event.detail.target !== pane || !list) return;
        unread = event.type === "htmx:sendError";
        settled = later = null;
        missing = true;
        pane.replaceChildren(document.getElementById("wb-unread").content.cloneNode(true));
    };
    document.addEventListener("htmx:sendError", failed);
    document.addEventListener("htmx:responseError", failed);

    const step = (by) => {
        const keys = rows().map((row) => row.dataset.case);
        later = null;
        if (!keys.length) return;
        const at = keys.indexOf(current);
        const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), keys.length - 1);
        if (keys[next] !== current) open(keys[next]);
    };

    /* After a decision: what stood behind the case that was decided, else before it. */
    const openNext = (decided) => {
        const there = new Set(rows().map((row) => row.dataset.case));
        there.delete(decided);
        const at = order.indexOf(decided);
        const next =
            order.slice(at + 1).find((pk) => there.has(pk)) ??
            order.slice(0, Math.max(at, 0)).reverse().find((pk) => there.has(pk)) ??
            [...there][0];
        if (next) open(next);
        else shut();
        // Here the keyboard goes on, not at the top of the page.
        (rowOf(next)?.querySelector("[data-open]") ?? pane).focus({ preventScroll: true });
    };

    /* After a batch that decided the open case, too: once its results are closed, and the list has
       read itself anew, whichever comes last. */
    let sent = false;
    const goOn = () => {
        if (!sent || dialog().open) return false;
        if (current && rowOf(current)) return false;
        sent = false;
        if (current) openNext(current);
        return true;
    };

    /* Reading the list anew: ticks stay, and so do the pages that were added and the place. */
    const ticked = () => (list ? [...list.querySelectorAll("[name=ids]:checked")] : []);
    let kept = new Set();
    let decided = null;

    const countTicks = () => {
        const batch = document.getElementById("wb-batch");
        if (!batch) return;
        const number = ticked().length;
        batch.hidden = number === 0;
        wb.classList.toggle("wb--ticking", number > 0);
        batch.querySelector("[data-ticked]").textContent = String(number);
        const all = document.getElementById("wb-tick-all");
        if (all) {
            const boxes = list.querySelectorAll("[name=ids]").length;
            all.checked = number > 0 && number === boxes;
            all.indeterminate = number > 0 && number < boxes;
        }
    };

    /* The menu's figure agrees with the tab's, which is read anew. */
    const agree = () => {
        const count = list.querySelector("[data-waiting]")?.dataset.waiting;
        const badge = document.querySelector(`a[href="${wb.dataset.page}"] .menu-badge`);
        if (count !== undefined && badge) badge.textContent = count;
    };

    if (list) {
        list.addEventListener("htmx:configRequest", (event) => {
            if (event.target !== list) return;
            event.detail.parameters.shown = String(rows().length);
            const version = list.querySelector("[data-version]")?.dataset.version;
            if (version) event.detail.parameters.version = version;
        });
        list.addEventListener("htmx:beforeSwap", (event) => {
            if (event.detail.target !== list) return;
            kept = new Set(ticked().map((box) => box.value));
            order = rows().map((row) => row.dataset.case);
        });
        list.addEventListener("htmx:afterSwap", () => {
            for (const box of list.querySelectorAll("[name=ids]")) {
                if (kept.has(box.value)) box.checked = true;
            }
            for (const box of ticked()) kept.add(box.value);
            countTicks();
            mark();
        });
        list.addEventListener("htmx:afterRequest", (event) => {
            if (event.target !== list || !event.detail.successful) return;
            if (unread) anew();
            agree();
            if (decided !== null) {
                const pk = decided;
                decided = null;
                openNext(pk);
            } else goOn();
        });
        list.addEventListener("click", (event) => {
            const link = event.target.closest("[data-open]");
            const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
            if (!link || !plain) return;
            event.preventDefault();
            later = null;
            open(link.closest(".wb-row").dataset.case);
        });
        list.addEventListener("change", (event) => {
            if (event.target.name !== "ids") return;
            if (!event.target.checked) kept.delete(event.target.value);
            countTicks();
        });
        document.getElementById("wb-tick-all")?.addEventListener("change", (event) => {
            for (const box of list.querySelectorAll("[name=ids]")) box.checked = event.target.checked;
            countTicks();
        });
        window.addEventListener("popstate", () => {
            const pk = new URLSearchParams(location.search).get("case");
            if (pk) open(pk, { remember: false });
            else {
                current = null;
                mark();
            }
        });
    }

    // The filters lie over the list: they close like any menu.
    const filters = document.querySelector(".wb-more-filters");
    document.addEventListener("click", (event) => {
        if (filters?.open && !filters.contains(event.target)) filters.open = false;
    });
    filters?.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        filters.open = false;
        filters.querySelector("summary").focus();
    });

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-look-anew]")) {
            deciding = null;
            anew();
        }
        if (event.target.closest("[data-untick]")) {
            for (const box of ticked()) box.checked = false;
            kept.clear();
            countTicks();
        }
        if (event.target.closest("[data-back]") && list) {
            event.preventDefault();
            const row = current;
            if (history.state?.case && phone.matches) history.back();
            else {
                history.replaceState({}, "", address(null));
                current = null;
                mark();
            }
            rowOf(row)?.querySelector("[data-open]").focus();
        }
    });

    /* Decisions: desk:done comes from whatever dialog was open. */
    document.addEventListener("htmx:beforeRequest", (event) => {
        const from = event.detail.elt;
        if (event.detail.target?.id !== "desk-dialog-content" || from.closest("#desk-dialog")) return;
        deciding = from.closest("[data-decides]") ? (current ?? "alone") : null;
        askedBy = document.activeElement === from ? from.dataset.key : null;
    });
    document.addEventListener("desk:done", () => {
        if (deciding === null) return;
        if (!list) location.reload();
        else decided = deciding;
        deciding = null;
        // Whoever looks at the list last asks for it whole: a decision must show.
        list?.querySelector("[data-version]")?.remove();
    }, true);
    document.addEventListener("workbench:kept", () => {
        anew();
        htmx.trigger(document.body, "desk:refresh");
    });

    /* Countdowns, with the texts of countdown.py */
    const tick = () => {
        const now = Date.now() / 1000;
        for (const due of wb.querySelectorAll("[data-due]")) {
            const left = Number(due.dataset.due) - now;
            const span = Math.abs(left);
            const size = span >= 86400 ? "Days" : span >= 3600 ? "Hours" : "Minutes";
            const minutes = Math.floor(span / 60);
            const hours = Math.floor(minutes / 60);
            const text = wb.dataset[`${left >= 0 ? "left" : "over"}${size}`]
                .replace("{d}", Math.floor(hours / 24))
                .replace("{h}", size === "Days" ? hours % 24 : hours)
                .replace("{m}", size === "Hours" ? String(minutes % 60).padStart(2, "0") : minutes);
            if (due.textContent !== text) due.textContent = text;
            due.dataset.level =
                left < 0 ? "overdue" : left < 7200 ? "soon" : left < 86400 ? "today" : "later";
        }
    };
    setInterval(tick, 10000);

    /* Keys (WCAG 2.1.4: they can be turned off, and rest while somebody types) */
    const OFF = "desk-keys-off";
    const keysOn = () => localStorage.getItem(OFF) === null;
    const showKeys = () => {
        wb.classList.toggle("wb--keys-off", !keysOn());
        document.querySelector("[data-keys-switch]")?.setAttribute("aria-pressed", String(keysOn()));
        for (const box of document.querySelectorAll("[data-keys-box]")) box.checked = keysOn();
    };
    const switchKeys = (on) => {
        if (on) localStorage.removeItem(OFF);
        else localStorage.setItem(OFF, "1");
        showKeys();
    };
    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-keys-switch]")) switchKeys(!keysOn());
    });
    document.addEventListener("change", (event) => {
        if (event.target.matches?.("[data-keys-box]")) switchKeys(event.target.checked);
    });
    document.addEventListener("htmx:afterSwap", showKeys);

    const press = (selector) => {
        const found = document.querySelector(selector);
        if (found) found.click();
        return found !== null;
    };
    // A key is about the case that is marked: while that one is on its way, another is shown.
    // Settled: before that its buttons do nothing yet.
    const arrived = () => !list || (decided === null && settled === current);
    const decide = (key) => {
        // While cases are ticked the keys are about those; about the open one they do nothing.
        if (ticked().length) return press(`#wb-batch [data-batch-key=${key}]`) || true;
        if (arrived()) return press(`#wb-case [data-key=${key}]`);
        if (!missing) later = key;
        return true;
    };
    // The step that had the focus while its case is read anew, "" for anything else in it.
    let within = null;
    pane.addEventListener("htmx:beforeSwap", (event) => {
        if (event.detail.target !== pane) return;
        settled = null;
        const at = document.activeElement;
        within = at !== pane && pane.contains(at) ? (at.dataset.key ?? "") : null;
    });
    pane.addEventListener("htmx:afterSettle", (event) => {
        if (event.detail.target !== pane) return;
        if (within !== null && document.activeElement === document.body) {
            const same = within && pane.querySelector(`[data-key=${within}]`);
            (same || pane).focus({ preventScroll: true });
        }
        settled = pane.querySelector("[data-current]")?.dataset.current ?? null;
        if (later === null || !arrived()) return;
        const key = later;
        later = null;
        press(`#wb-case [data-key=${key}]`);
    });
    // Nor does a key reach the page while a dialog is on its way.
    let asking = false;
    let forget = 0;
    const isQuestion = (event) =>
        event.detail.target?.id === "desk-dialog-content" && !event.detail.elt.closest("#desk-dialog");
    document.addEventListener("htmx:beforeSend", (event) => {
        if (!isQuestion(event)) return;
        clearTimeout(forget);
        asking = true;
    });
    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.detail.target?.id !== "desk-dialog-content") return;
        asking = false;
        sent = dialog().querySelector("[data-was-sent]") !== null;
    });
    // Closed before it settled: the next key is the page's. The keyboard goes on at a case.
    document.addEventListener("close", () => {
        asking = false;
        if (!list || decided !== null || goOn() || document.activeElement !== document.body) return;
        const step = askedBy && pane.querySelector(`[data-key=${askedBy}]`);
        (step || (rowOf(current)?.querySelector("[data-open]") ?? pane)).focus({ preventScroll: true });
    }, true);
    document.addEventListener("htmx:afterRequest", (event) => {
        // An answer that opens no dialog; one that does settles before.
        if (isQuestion(event)) forget = setTimeout(() => (asking = false), 100);
    });
    const turn = (by) => {
        const tabs = [...document.querySelectorAll(".wb-tabs .d-tab")];
        const at = tabs.findIndex((tab) => tab.matches("[aria-current]"));
        tabs[Math.min(Math.max(at + by, 0), tabs.length - 1)]?.click();
    };
    const KEYS = {
        j: () => list && step(1),
        k: () => list && step(-1),
        ArrowDown: () => list && step(1),
        ArrowUp: () => list && step(-1),
        a: () => decide("a"),
        r: () => decide("r"),
        n: () => decide("n"),
        p: () => decide("p"),
        f: () => decide("f"),
        c: () => decide("c"),
        d: () => decide("d"),
        m: () => decide("m"),
        e: () => decide("e"),
        g: () => decide("g"),
        w: () => decide("w"),
        i: () => decide("i"),
        h: () => decide("h"),
        o: () => !arrived() || press("#wb-own-page"),
        x: () => press(`#tick-${current}`),
        u: () => press("[data-untick]"),
        "[": () => list && turn(-1),
        "]": () => list && turn(1),
        "/": () => document.getElementById("wb-q")?.focus(),
        "?": () => press("#wb-help"),
    };

    document.addEventListener("keydown", (event) => {
        const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
        if (!keysOn() || !(key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.isComposing || event.repeat && !["j", "k", "ArrowDown", "ArrowUp"].includes(key)) return;
        if (document.querySelector("dialog[open]")) return;
        if (asking) {
            event.preventDefault();
            return;
        }
        const at = event.target;
        // A box that is ticked takes no letters.
        if (at.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
        const moves = key.startsWith("Arrow");
        if (moves && at.closest("#wb-case, summary")) return;
        if (KEYS[key]() !== false) event.preventDefault();
    });

    // Numbers pasted from a sheet stand below each other: a search field takes no line breaks.
    document.querySelector("[data-numbers]")?.addEventListener("paste", (event) => {
        const text = event.clipboardData?.getData("text") ?? "";
        if (!/[\r\n\t]/.test(text.trim())) return;
        event.preventDefault();
        const field = event.target;
        field.setRangeText(text.trim().split(/[\r\n\t]+/).join(", "), field.selectionStart, field.selectionEnd, "end");
    });

    // The panes fill what the page's head leaves of the window.
    const fit = () => {
        const top = Math.round(wb.getBoundingClientRect().top + window.scrollY);
        wb.style.setProperty("--wb-top", `${top}px`);
    };
    window.addEventListener("resize", fit);
    fit();

    showKeys();
    if (list) {
        order = rows().map((row) => row.dataset.case);
        const asked = wb.dataset.opened;
        if (asked && /^\d+$/.test(asked)) open(asked);
        else if (!phone.matches && order.length) open(order[0]);
    }
})();
