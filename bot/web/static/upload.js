// Shows how far an upload is; without it the form works as any other.
"use strict";
const form = document.getElementById("upload");
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const label = document.getElementById("progress");
    const report = document.getElementById("report");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (sent) => {
      label.querySelector("progress").value = sent.loaded / sent.total;
    });
    request.addEventListener("loadend", () => {
      label.hidden = true;
      if (request.status !== 200) {
        report.textContent = request.status === 413 ? "These files are too large." : "The files could not be added.";
        return;
      }
      const found = JSON.parse(request.responseText);
      const failed = found.failed.map((one) => `${one.source}: ${one.error}`);
      report.textContent = [`${found.added} added, ${found.updated} updated, ${found.unchanged} unchanged.`, ...failed].join(" ");
    });
    label.hidden = false;
    report.textContent = "Adding …";
    request.send(new FormData(form));
  });
}
