// Keeps the page true: loads it anew where its stage changes, and the level and the time left once a second.
"use strict";

const state = document.body.dataset.state;

function put(id, text) {
  const element = document.getElementById(id);
  if (element && element.textContent !== text) element.textContent = text;
}

async function look() {
  try {
    const answer = await fetch("/state" + location.search, { cache: "no-store" });
    const now = await answer.json();
    if (now.state !== state) {
      location.replace(now.stage === "notice" ? "/" : "/" + location.search);
      return;
    }
    put("said", now.said);
    put("left", now.left);
    const meter = document.getElementById("meter");
    if (meter) meter.dataset.level = now.level;
    document.body.classList.remove("away");
  } catch {
    document.body.classList.add("away"); // the program is being restarted
  }
  setTimeout(look, 1000);
}

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault(); // touched twice
    form.dataset.sent = "yes";
    document.body.classList.add("sent");
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // from the history: it may show what is over
});
setTimeout(look, 1000);
