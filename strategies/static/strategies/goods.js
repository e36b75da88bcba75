/* Products and categories seen in orders, put into the list that they are searched for
   ([data-goods] names it). Without this script there is no search, and the list is typed. */
(() => {
    "use strict";

    const lines = (list) => list.value.split("\n").map((line) => line.trim());

    document.addEventListener("click", (event) => {
        const chosen = event.target.closest("[data-goods-value]");
        if (!chosen) return;
        const search = chosen.closest("[data-goods]");
        const list = document.getElementById(search.dataset.goods);
        const value = chosen.dataset.goodsValue;
        if (!lines(list).includes(value)) {
            list.value = [list.value.trim(), value].filter(Boolean).join("\n");
            list.dispatchEvent(new Event("input", { bubbles: true }));
            list.dispatchEvent(new Event("change", { bubbles: true }));
        }
        chosen.setAttribute("aria-pressed", "true");
    });

    // Enter searches at once, and does not send the form.
    document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target.matches("[data-goods] [type=search]")) {
            event.preventDefault();
            event.target.dispatchEvent(new Event("search", { bubbles: true }));
        }
    });

    document.addEventListener("htmx:afterSwap", (event) => {
        const search = event.target.closest?.("[data-goods]");
        if (!search) return;
        const taken = lines(document.getElementById(search.dataset.goods));
        search.querySelectorAll("[data-goods-value]").forEach((button) =>
            button.setAttribute("aria-pressed", taken.includes(button.dataset.goodsValue)),
        );
    });

    document.querySelectorAll("[data-goods]").forEach((search) => {
        search.hidden = false;
        // What is searched for is no part of the strategy: its preview and what-if stay.
        search.addEventListener("input", (event) => event.stopPropagation());
        search.addEventListener("change", (event) => event.stopPropagation());
    });
})();
