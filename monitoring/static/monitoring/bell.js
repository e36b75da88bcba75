/* The bell fetches its figure when the page has loaded, every half minute while the page is visible,
   and after each action on the page (monitoring/admin/bell.py). New alerts are shown in a toast.

   It does not use htmx, which reports a request that the next page aborts as an error. */
(() => {
    "use strict";

    const EVERY = 30_000;
    let asking = false;

    const ask = async () => {
        const bell = document.getElementById("alert-bell");
        if (!bell || document.hidden || asking) return;
        asking = true;
        try {
            const answer = await fetch(bell.dataset.ask, { redirect: "error", headers: { "X-Unattended": "1" } });
            if (answer.status === 200) show(bell, await answer.json());
        } catch {
            // The server is away or wants a log-in: the next request comes anyway.
        } finally {
            asking = false;
        }
    };

    const show = (bell, answer) => {
        bell.dataset.ask = answer.ask;
        bell.setAttribute("aria-label", answer.label);
        const count = bell.querySelector("[data-count]");
        count.textContent = answer.count;
        count.hidden = !answer.count;
        if (!answer.announced) return;
        const detail = { message: answer.announced, kind: "warning" };
        document.dispatchEvent(new CustomEvent("desk:told", { detail }));
    };

    document.addEventListener("DOMContentLoaded", ask);
    document.addEventListener("visibilitychange", ask);
    document.addEventListener("desk:refresh", ask);
    setInterval(ask, EVERY);
})();
