/* The priority board: cards that are moved by mouse and finger (Alpine's x-sort, SortableJS), by
   keyboard on the handle, and by the buttons up and down. Each ends in `save`, which sends the whole
   order; the answer brings the scenario as it then is. Texts come from the page's data-attributes. */
(() => {
    "use strict";

    const cardsOf = (list) => [...list.querySelectorAll(":scope > [data-id]:not(.sortable-fallback)")];
    const idsOf = (list) => cardsOf(list).map((card) => card.dataset.id).join(",");
    const formOf = (list) => list.closest("section").querySelector("[data-order]");
    const listOf = (element) => element.closest("[data-cards]");
    const busy = (list) => list.closest("section").matches(".htmx-request");

    // On a phone the chosen shop's tab may be out of sight.
    document.querySelector(".board-shops [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

    // The card that the keyboard holds.
    let held = null;

    const say = (text) => {
        document.getElementById("board-said").textContent = text;
    };

    const tell = (key, card) => {
        const cards = cardsOf(listOf(card));
        const values = { name: card.dataset.name, place: cards.indexOf(card) + 1, count: cards.length };
        const text = card.closest("[data-board]").dataset[key];
        say(text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole));
    };

    const renumber = (list) => {
        cardsOf(list).forEach((card, place, all) => {
            card.querySelector("[data-place]").textContent = place + 1;
            card.querySelector("[data-step=up]").setAttribute("aria-disabled", place === 0);
            card.querySelector("[data-step=down]").setAttribute("aria-disabled", place === all.length - 1);
        });
    };

    const putBack = (list) => {
        for (const id of formOf(list).elements.seen.value.split(",")) {
            list.append(list.querySelector(`:scope > [data-id="${id}"]`));
        }
        renumber(list);
    };

    // Its neighbour is what moves, so that the focus stays on the card's own button.
    const move = (card, by) => {
        const other = by < 0 ? card.previousElementSibling : card.nextElementSibling;
        if (!other) return false;
        if (by < 0) card.after(other);
        else card.before(other);
        renumber(listOf(card));
        return true;
    };

    // Asks what the order as it stands would have done; `ids` is what a mouse is about to drop.
    const ask = (list, ids) => {
        const form = formOf(list);
        const note = list.closest("section").querySelector("[data-what-if]");
        form.elements.ids.value = ids;
        note.hidden = ids === form.elements.seen.value;
        if (!note.hidden) htmx.trigger(note.querySelector("[hx-post]"), "board:moved");
    };

    const save = (list) => {
        const form = formOf(list);
        form.elements.ids.value = idsOf(list);
        if (form.elements.ids.value === form.elements.seen.value) return false;
        htmx.trigger(form, "board:save");
        return true;
    };

    const hold = (card) => {
        held = { card, place: cardsOf(listOf(card)).indexOf(card) };
        card.dataset.held = "";
        card.querySelector("[data-handle]").setAttribute("aria-pressed", "true");
        tell("picked", card);
    };

    const release = () => {
        const { card } = held;
        held = null;
        delete card.dataset.held;
        card.querySelector("[data-handle]").setAttribute("aria-pressed", "false");
        return card;
    };

    const cancel = () => {
        const { place } = held;
        const card = release();
        if (!card.isConnected) return;
        const by = Math.sign(place - cardsOf(listOf(card)).indexOf(card));
        while (cardsOf(listOf(card)).indexOf(card) !== place && move(card, by));
        ask(listOf(card), idsOf(listOf(card)));
        tell("cancelled", card);
    };

    const keys = {
        ArrowUp: -1,
        ArrowDown: 1,
        ArrowLeft: -1,
        ArrowRight: 1,
        Home: -Infinity,
        End: Infinity,
    };

    // Ctrl+Z takes the order that was saved last back, with the focus anywhere in its scenario.
    document.addEventListener("keydown", (event) => {
        if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "z") return;
        const section = event.target.closest(".board-scenario");
        const undo = section?.querySelector("[data-undo]");
        if (!undo || held || event.target.matches("input, select, textarea")) return;
        event.preventDefault();
        if (!section.matches(".htmx-request")) undo.click();
    });

    document.addEventListener("keydown", (event) => {
        const handle = event.target.closest("[data-handle]");
        if (!handle || event.altKey || event.ctrlKey || event.metaKey) return;
        const card = handle.closest("[data-id]");
        // The board was read anew while one was held.
        if (held && !held.card.isConnected) held = null;
        const drops = event.key === " " || event.key === "Enter";
        if (!held) {
            if (!drops) return;
            event.preventDefault();
            if (!busy(listOf(card))) hold(card);
            return;
        }
        if (drops) {
            event.preventDefault();
            release();
            if (!save(listOf(card))) tell("unmoved", card);
        } else if (event.key === "Escape") {
            event.preventDefault();
            cancel();
        } else if (event.key in keys) {
            event.preventDefault();
            const by = keys[event.key];
            if (Number.isFinite(by)) move(card, by);
            else while (move(card, by));
            ask(listOf(card), idsOf(listOf(card)));
            handle.scrollIntoView({ block: "nearest" });
            tell("moved", card);
        }
    });

    // A click on the handle without dragging holds nothing; leaving it lets go.
    document.addEventListener("focusout", () => {
        if (held) cancel();
    });

    document.addEventListener("click", (event) => {
        const step = event.target.closest("[data-step]");
        if (!step || step.getAttribute("aria-disabled") === "true") return;
        const card = step.closest("[data-id]");
        const list = listOf(card);
        if (busy(list)) return;
        if (move(card, step.dataset.step === "up" ? -1 : 1)) save(list);
    });

    // SortableJS: the elements change their places as soon as the card is above another.
    document.addEventListener("change", (event) => {
        const list = event.target.closest?.("[data-cards]");
        if (list) ask(list, idsOf(list));
    });

    // SortableJS: the order of the page's elements is the new one when it ends.
    document.addEventListener("end", (event) => {
        const list = event.target.closest?.("[data-cards]");
        if (!list) return;
        renumber(list);
        save(list);
    });

    document.addEventListener("htmx:afterSettle", (event) => {
        const { target } = event.detail;
        if (!target.matches(".board-scenario")) return;
        const said = document.getElementById(target.id).querySelector("[data-said]");
        if (said) say(said.dataset.said);
    });

    const failed = (event) => {
        const form = event.target.closest?.("[data-order]");
        if (!form) return;
        const section = form.closest("section");
        putBack(section.querySelector("[data-cards]"));
        section.querySelector("[data-failed]").hidden = false;
    };
    document.addEventListener("htmx:sendError", failed);
    document.addEventListener("htmx:responseError", failed);
})();
