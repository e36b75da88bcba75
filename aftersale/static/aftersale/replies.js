/* The dialogs that reject and negotiate, and the editor of reject texts: a reason fills in its
   text and keeps what a person typed; digits choose while the choices have the focus; Ctrl+Enter
   sends. Texts come from the server. */
(() => {
    "use strict";

    const lines = (text) => text.replaceAll("\r\n", "\n").trim();

    // Untouched: empty, or word for word what one of the reasons fills in.
    const untouched = (reply, text) =>
        !lines(text.value) ||
        [...reply.querySelectorAll("[data-text]")].some(
            (radio) => lines(radio.dataset.text) === lines(text.value),
        );

    // As if it had been typed: the dialog keeps it, and shows how it reads.
    const take = (text, radio) => {
        text.value = radio.dataset.text;
        text.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const fill = (reply, radio) => {
        const text = reply.querySelector("[data-reply-text]");
        const kept = reply.querySelector("[data-reply-kept]");
        kept.hidden = untouched(reply, text);
        if (kept.hidden) take(text, radio);
    };

    document.addEventListener("change", (event) => {
        const reply = event.target.closest("[data-reply]");
        if (reply && event.target.dataset.text !== undefined) fill(reply, event.target);
    });

    // Unfold's script takes every file field for its own widget, and fails on those that are not.
    document.addEventListener(
        "change",
        (event) => {
            if (event.target.matches("[data-reply] [type=file]")) event.stopPropagation();
        },
        true,
    );

    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-reply-take]");
        if (button) {
            const reply = button.closest("[data-reply]");
            const text = reply.querySelector("[data-reply-text]");
            take(text, reply.querySelector("[data-text]:checked"));
            reply.querySelector("[data-reply-kept]").hidden = true;
            text.focus();
        }
        const word = event.target.closest("[data-insert]");
        if (word) {
            const text = document.getElementById(word.dataset.into);
            text.setRangeText(word.dataset.insert, text.selectionStart, text.selectionEnd, "end");
            text.focus();
            text.dispatchEvent(new Event("input", { bubbles: true }));
        }
    });

    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            const form = event.target.closest("form");
            const send = form?.querySelector("[data-reply]") && form.querySelector("footer [type=submit]:not([name])");
            if (send && !send.disabled) {
                event.preventDefault();
                form.requestSubmit(send);
            }
            return;
        }
        const choices = event.target.closest("[data-reply-reasons]");
        if (!choices || event.ctrlKey || event.metaKey || event.altKey || !/^[1-9]$/.test(event.key)) return;
        const radio = choices.querySelectorAll("[type=radio]")[Number(event.key) - 1];
        if (radio && !radio.disabled) {
            radio.focus();
            radio.click();
        }
    });
})();
