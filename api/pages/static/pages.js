// Improves the pages; everything works without this script.
"use strict";

// Adds the local time of the reader to every time in UTC: to the hint of one that says how long ago
// it is, else behind it.
// In the language of the page, as the reader's region writes it: of en, en-GB where the browser has it.
const language = document.documentElement.lang;
const region = navigator.languages.find((one) => one.split("-")[0] === language.split("-")[0]);
const local = new Intl.DateTimeFormat(region ?? language, { dateStyle: "medium", timeStyle: "short" });

function addLocalTimes(within) {
  for (const time of within.querySelectorAll("time[datetime*='T']:not([data-local])")) {
    const at = new Date(time.dateTime);
    time.dataset.local = "yes";
    if (at.getTimezoneOffset() === 0) continue;
    const words = ` (${fill(document.documentElement.dataset.yourTime, local.format(at))})`;
    if (time.title) {
      time.title += words;
      continue;
    }
    const span = document.createElement("span");
    span.className = "local";
    span.textContent = words;
    time.append(span);
  }
}

// A text of the page with a value in its place, %s.
function fill(text, value) {
  return text.replace("%s", () => value);
}

// Requests a part of the page again until it no longer waits for a run, or for a preview.
async function pollProgress(part) {
  const status = document.getElementById("progress-status");
  for (let tries = 0; part.querySelector("[data-waiting]"); tries += 1) {
    await new Promise((done) => setTimeout(done, tries < 20 ? 700 : 4000));
    try {
      const answer = await fetch(part.dataset.poll, { credentials: "same-origin" });
      if (answer.status >= 400 && answer.status < 500) return;
      if (!answer.ok) continue;
      part.innerHTML = await answer.text();
      addLocalTimes(part);
      if (!part.querySelector("[data-waiting]")) {
        status.textContent = part.dataset.done || status.dataset.done;
      }
    } catch {
      // the server or the network does not respond: try again
    }
  }
}

// Lets the browser's wallet sign the message on the page.
async function sign(form) {
  const status = document.getElementById("sign-status");
  const wanted = form.dataset.address.toLowerCase();
  const message = document.getElementById("message").textContent;
  try {
    const accounts = await window.ethereum.request({ method: "eth_requestAccounts" });
    if (!accounts.some((account) => account.toLowerCase() === wanted)) {
      status.textContent = fill(status.dataset.other, wanted);
      return;
    }
    const bytes = new TextEncoder().encode(message);
    const hex = `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    form.elements.signature.value = await window.ethereum.request({
      method: "personal_sign",
      params: [hex, wanted],
    });
    form.requestSubmit();
  } catch (error) {
    status.textContent = fill(status.dataset.failed, error.message ?? error);
  }
}

// Lets the reader drag thresholds over the histogram. The scale within a column is logarithmic.
function enableDragging(chart) {
  const edges = chart.dataset.edges.split(" ").map(Number);
  const columns = edges.length - 1;
  const drawing = chart.querySelector("svg");
  chart.classList.add("dragged");

  function valueAt(clientX) {
    const box = drawing.getBoundingClientRect();
    const share = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
    const column = Math.min(Math.floor(share * columns), columns - 1);
    const [low, high] = [edges[column], edges[column + 1]];
    const value = low * (high / low) ** (share * columns - column);
    return [share, value < 10 && edges[0] >= 1 ? Math.round(value) : Number(value.toPrecision(2))];
  }

  for (const handle of chart.querySelectorAll("[data-drags]")) {
    const input = document.getElementById(handle.dataset.drags);
    const line = handle.previousElementSibling;
    handle.addEventListener("pointerdown", (begin) => {
      begin.preventDefault();
      handle.setPointerCapture(begin.pointerId);
      handle.onpointermove = (event) => {
        const [share, value] = valueAt(event.clientX);
        for (const part of [handle, line]) part.setAttribute("d", `M${share * columns * 10} 0v100`);
        input.value = value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 12 });
      };
    });
    handle.addEventListener("pointerup", () => {
      if (handle.onpointermove) input.form.requestSubmit();
      handle.onpointermove = null;
    });
    handle.addEventListener("pointercancel", () => {
      handle.onpointermove = null;
    });
  }
}

addLocalTimes(document);
document.querySelectorAll("[data-histogram]").forEach(enableDragging);

const part = document.querySelector("[data-poll]");
if (part) pollProgress(part);

const form = document.getElementById("verify");
if (form && window.ethereum) {
  form.querySelector(".wallet-only").hidden = false;
  document.getElementById("sign").addEventListener("click", () => sign(form));
}
