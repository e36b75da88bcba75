/* Pictures: a viewer for those of a case, and screenshots that are pasted into a reply. */
(() => {
    "use strict";

    /* Viewer: links with data-picture open it; arrows go through those of the same row. */
    let shown = []; // the links of the row
    let at = 0;
    const viewer = () => document.getElementById("desk-viewer");
    const show = (number) => {
        at = (number + shown.length) % shown.length;
        const picture = viewer().querySelector("img");
        picture.src = shown[at].href;
        picture.alt = shown[at].getAttribute("aria-label") ?? "";
        viewer().querySelector("[data-viewer-place]").textContent = `${at + 1} / ${shown.length}`;
        viewer().querySelector("[data-viewer-whole]").href = shown[at].href;
    };
    document.addEventListener("click", (event) => {
        const link = event.target.closest("a[data-picture]");
        const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
        if (link && plain && viewer()) {
            event.preventDefault();
            shown = [...link.closest("[data-pictures]").querySelectorAll("a[data-picture]")];
            show(shown.indexOf(link));
            viewer().showModal();
        }
        if (event.target.closest("[data-viewer-close]") || event.target === viewer()) viewer()?.close();
        const turn = event.target.closest("[data-viewer-turn]");
        if (turn) show(at + Number(turn.dataset.viewerTurn));
    });
    document.addEventListener("keydown", (event) => {
        if (!viewer()?.open || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
        event.preventDefault();
        show(at + (event.key === "ArrowRight" ? 1 : -1));
    });
    // An address that is over, or no picture, stays a link.
    document.addEventListener("error", (event) => {
        const thumb = event.target.matches?.("a[data-picture] > img") && event.target;
        if (thumb) thumb.replaceWith(thumb.alt);
    }, true);

    /* Pasted pictures join those that were chosen. */
    document.addEventListener("paste", (event) => {
        const field = document.querySelector("#desk-dialog[open] input[type=file][name=evidence]");
        const pasted = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
        if (!field || !pasted.length) return;
        event.preventDefault();
        const all = new DataTransfer();
        for (const file of field.files) all.items.add(file);
        for (const file of pasted) {
            const name = `screenshot-${all.items.length + 1}.${file.type.split("/")[1]}`;
            all.items.add(new File([file], name, { type: file.type }));
        }
        field.files = all.files;
        field.scrollIntoView({ block: "nearest" });
    });
})();
