/* The bell asks for its figure when the page is there, every half minute while somebody looks, and
   after whatever was done on the page (monitoring/bell.py). What is new is said in a toast.

   Without htmx, which takes a question that the next page cuts short for an error. */
(() => {
    "use strict";

    const EVERY = 30_000;
    let asking = false;

    const ask = async () => {
        const bell = document.getElementById("alert-bell");
        if (!bell || document.hidden || asking) return;
        asking = true;
        try {
            const answer = await fetch(bell.dataset.ask, { redirect: "error" });
            if (answer.status === 200) show(bell, await answer.json());
        } catch {
            // The server is away, or wants to know who asks: it asks again anyway.
        } finally {
            asking = false;
        }
    };

    const show = (bell, said) => {
        bell.dataset.ask = said.ask;
        bell.setAttribute("aria-label", said.label);
        const count = bell.querySelector("[data-count]");
        count.textContent = said.count;
        count.hidden = !said.count;
        if (!said.told) return;
        const detail = { message: said.told, kind: "warning" };
        document.dispatchEvent(new CustomEvent("desk:told", { detail }));
    };

    document.addEventListener("DOMContentLoaded", ask);
    document.addEventListener("visibilitychange", ask);
    document.addEventListener("desk:refresh", ask);
    setInterval(ask, EVERY);
})();
