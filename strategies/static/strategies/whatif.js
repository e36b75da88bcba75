/* Sliders of caps: they set the field of the form, and say what the cap would have approved. Texts
   come from the server. */
(() => {
    "use strict";

    const say = (range) => {
        const text = range.dataset.said.split("|")[range.value];
        range.closest("[data-slider]").querySelector("[data-said-now]").textContent = text;
        range.setAttribute("aria-valuetext", text);
    };

    document.addEventListener("input", (event) => {
        const range = event.target.closest("[data-slider] input");
        if (!range) return;
        say(range);
        const name = range.closest("[data-slider]").dataset.slider;
        const field = document.querySelector(`#strategy-form [name="${name}"]`);
        field.value = range.dataset.values.split("|")[range.value];
        field.dispatchEvent(new Event("input", { bubbles: true }));
    });

    // A cap that is typed: until its curve is drawn anew the slider says nothing of another one.
    document.addEventListener("input", (event) => {
        const { name, value } = event.target;
        const range = event.isTrusted && document.querySelector(`[data-slider="${CSS.escape(name ?? "")}"] input`);
        if (!range || event.target === range) return;
        const place = range.dataset.values.split("|").findIndex((each) => Number(each) === Number(value));
        if (place >= 0) {
            range.value = place;
            say(range);
        } else range.closest("[data-slider]").querySelector("[data-said-now]").textContent = "…";
    });

    document.addEventListener("htmx:afterSettle", (event) => {
        event.detail.target.querySelectorAll?.("[data-slider] input").forEach(say);
    });
})();
