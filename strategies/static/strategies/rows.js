/* Rows that a person adds to a form and takes away: [data-rows] beside a [data-row-template].
   Texts come from the server: there are none here. */
(() => {
    "use strict";

    const changed = (element) => element.dispatchEvent(new Event("change", { bubbles: true }));

    document.addEventListener("click", (event) => {
        const add = event.target.closest("[data-add-row]");
        const remove = event.target.closest("[data-remove-row]");
        const group = (add || remove)?.closest("fieldset");
        if (!group) return;
        const rows = group.querySelector("[data-rows]");
        if (add) {
            const row = group.querySelector("[data-row-template]").content.firstElementChild;
            rows.append(row.cloneNode(true));
            rows.lastElementChild.querySelector("input").focus();
        } else {
            remove.closest("[data-row]").remove();
            changed(rows);
            group.querySelector("[data-add-row]").focus();
        }
    });
})();
