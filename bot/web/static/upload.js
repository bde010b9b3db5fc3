// Takes files that are dropped, sends them one by one and shows how far each is; without it the form works as any other.
"use strict";
const form = document.getElementById("upload");
if (form) {
  const files = document.getElementById("files");
  const drop = document.getElementById("drop");
  const label = document.getElementById("progress");
  const report = document.getElementById("report");

  // The page has the texts, in the reader's language.
  const text = (name, values) => form.dataset[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

  const say = (text) => {
    report.append(Object.assign(document.createElement("p"), { textContent: text }));
  };

  const told = (name, request) => {
    if (request.status !== 200) {
      return text(request.status === 413 ? "large" : request.status === 403 ? "refused" : "failed", { file: name });
    }
    const found = JSON.parse(request.responseText);
    const failed = found.failed.map((one) => `${one.source}: ${one.error}`);
    return [text("done", { ...found, file: name }), ...failed].join(" ");
  };

  const send = (file) => new Promise((done) => {
    const [words, bar] = label.children;
    const body = new FormData(form);
    body.delete("files");
    body.append("files", file);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (sent) => {
      bar.value = sent.loaded / sent.total;
      words.textContent = text(sent.loaded < sent.total ? "sending" : "reading", { file: file.name });
    });
    request.addEventListener("loadend", () => {
      say(told(file.name, request));
      done();
    });
    words.textContent = text("sending", { file: file.name });
    bar.value = 0;
    label.hidden = false;
    request.send(body);
  });

  const sendAll = async (chosen) => {
    report.replaceChildren();
    for (const file of chosen) {
      await send(file);
    }
    label.hidden = true;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sendAll([...files.files]);
  });

  document.getElementById("hint").hidden = false;
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") {
        sendAll([...event.dataTransfer.files]);
      }
    });
  }
}
