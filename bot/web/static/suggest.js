// Suggests titles while a question is typed; without it the box works as any other.
"use strict";
const box = document.getElementById("q");
const list = document.getElementById("suggestions");
if (box && list) {
  let waiting = 0;
  let latest = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++latest;
      try {
        const answer = await fetch(`/suggest?q=${encodeURIComponent(box.value.slice(0, 200))}`);
        const found = answer.ok ? (await answer.json()).suggestions : [];
        if (mine === latest) {
          list.replaceChildren(...found.map((title) => Object.assign(document.createElement("option"), { value: title })));
        }
      } catch {
        list.replaceChildren();
      }
    }, 150);
  });
}
