/* News of the workbench: the count in the tab's title, and where they are wished a sound and a
   notice of the system when more cases wait than before. Also while the tab is out of sight. */
(() => {
    "use strict";

    const wb = document.getElementById("wb");
    if (!wb?.dataset.count) return;
    const title = document.title;
    const wished = (what) => localStorage.getItem(`desk-${what}`) === "1";
    let known = null; // the count at the last look

    const sound = () => {
        const audio = new AudioContext();
        const tone = audio.createOscillator();
        const volume = audio.createGain();
        volume.gain.setValueAtTime(0.15, audio.currentTime);
        volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.4);
        tone.frequency.value = 880;
        tone.connect(volume).connect(audio.destination);
        tone.start();
        tone.stop(audio.currentTime + 0.4);
        tone.onended = () => audio.close();
    };

    const hear = (waiting) => {
        const more = known !== null && waiting > known;
        known = waiting;
        document.title = waiting ? `(${waiting}) ${title}` : title;
        if (!more) return;
        if (wished("sound")) sound();
        if (wished("notice") && document.hidden && window.Notification?.permission === "granted") {
            const note = new Notification(wb.dataset.news.replace("{n}", waiting), { tag: "desk" });
            note.onclick = () => { window.focus(); note.close(); };
        }
    };

    const look = async () => {
        try {
            const answer = await fetch(wb.dataset.count, { headers: { "X-Unattended": "1" } });
            if (answer.ok) hear((await answer.json()).waiting);
        } catch {
            // out of reach: the list says so
        }
    };
    // In sight the list is read every 15 seconds, and says how many wait.
    document.addEventListener("htmx:afterSwap", () => {
        const counted = document.querySelector("#wb-rows [data-waiting]")?.dataset.waiting;
        if (counted !== undefined) hear(parseInt(counted, 10));
    });
    setInterval(() => document.hidden && look(), 60000);
    look();

    const show = () => {
        for (const box of document.querySelectorAll("[data-wish]")) box.setAttribute("aria-pressed", String(wished(box.dataset.wish)));
    };
    document.addEventListener("click", async (event) => {
        const button = event.target.closest("[data-wish]");
        if (!button) return;
        const on = !wished(button.dataset.wish);
        if (on && button.dataset.wish === "notice") {
            if (!window.Notification || await Notification.requestPermission() !== "granted") return;
        }
        if (on) localStorage.setItem(`desk-${button.dataset.wish}`, "1");
        else localStorage.removeItem(`desk-${button.dataset.wish}`);
        if (on && button.dataset.wish === "sound") sound();
        show();
    });
    show();
})();
