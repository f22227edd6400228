// The page: what is on the sheet goes to the server, what it reads is shown.

import { Sheet } from "./sheet.js";

const SIDE = 128; // height of the picture that is sent: reading takes little time, and loses nothing
const PATIENCE = 20_000; // milliseconds to wait for an answer
const SLOW = 200; // milliseconds after which a picture's reading is announced
const PAUSE = 600; // milliseconds without a new answer, after which it is said aloud
const BARS = 10; // of more classes, the most probable ones have a bar
const WORTH_NAMING = 0.01; // a second answer below it is not mentioned

const $ = (id) => document.getElementById(id);
const sheet = new Sheet($("sheet"), changed, say);
let classes = [..."0123456789"]; // until the server has said what its network tells apart
let bars = classes.map(addBar);
let invitation = "Draw here: a digit, or several";
let reading = false;
let stale = false;
let pause = 0;
let picked = null; // the digit that was tapped, by its place
let latest = null; // what is shown: a prediction, and the content that it is of
let shown = ""; // its text and the place whose bars are shown

function changed() {
  $("undo").disabled = sheet.history.length === 0;
  $("clear").disabled = sheet.empty;
  const { picture } = sheet;
  $("prompt").hidden = !sheet.empty && !(picture && !picture.bitmap);
  $("prompt").textContent = picture ? picture.file.name : invitation;
  read();
}

/** Have the sheet read; while an answer is awaited, only the latest content waits for its turn. */
async function read() {
  stale = true;
  if (reading) return;
  reading = true;
  while (stale) {
    stale = false;
    if (sheet.empty) {
      picked = null;
      showNothing();
    } else await readOnce(sheet.content);
  }
  reading = false;
}

async function readOnce(content) {
  let answer;
  const slow = content.picture ? setTimeout(showReading, SLOW) : 0;
  try {
    const body = content.picture?.file ?? (await sheet.png(SIDE));
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch("predict?image", { method: "POST", body, signal });
    answer = await response.json();
  } catch {
    answer = { error: "The server does not answer. Is mnistcli serve still running?" };
  }
  clearTimeout(slow);
  if (sheet.empty || content.picture !== sheet.picture) return; // what was asked is gone
  if (!answer.error) show(answer.predictions[0], content);
  // Where a stroke begins there is no digit yet: that is no news to whoever draws it.
  else if (!sheet.drawing) showError(answer.error);
}

/** Show a text, and of one of its digits the bars: of the one that was tapped, or the least sure. */
function show(prediction, content) {
  const { text, probability, doubtful, digits } = prediction;
  const several = digits.length > 1;
  if (!(picked < digits.length)) picked = null;
  const place = picked ?? leastSure(digits);
  const { label, probabilities, image } = digits[place];
  const sure = `${percent(probability, "Over 99.9 %")} sure`;
  const whole = several ? `${sure} of all ${digits.length} digits` : sure;
  const aside = several ? `${ordinal(place)}: ${label}, ${percent(digits[place].probability)}` : "";
  const words = [aside, second(label, probabilities)].filter(Boolean).join("; ");
  display(null, whole, words, label, probabilities, image);
  $("reading").classList.toggle("doubtful", doubtful);
  $("reading").classList.toggle("several", several);
  if (doubtful) $("certainty").textContent = `${whole}, but it may be no digit`;
  const choose = (chosen) => {
    picked = chosen;
    show(...latest);
    $("digit").querySelectorAll("button")[chosen]?.focus();
  };
  latest = [prediction, content];
  // A button stays where it is while it is tapped, though the same is read once more.
  const now = `${text}@${place}${doubtful}`;
  if (now !== shown || !$("digit").querySelector("button")) {
    $("digit").replaceChildren(...written(text, place, several ? choose : null, doubtful));
  }
  shown = now;
  mark(prediction, place, content);
  sayLater(`Read as ${text.replaceAll("\n", ", ")}. ${$("certainty").textContent}`);
}

function leastSure(digits) {
  const sureness = digits.map(({ probability }) => probability);
  return sureness.indexOf(Math.min(...sureness));
}

function ordinal(place) {
  return ["1st", "2nd", "3rd"][place] ?? `${place + 1}th`;
}

/** Say what else it may be, where that is worth naming. */
function second(label, probabilities) {
  const [other] = probabilities
    .map((each, place) => [each, classes[place]])
    .filter(([, name]) => name !== label)
    .sort(([a], [b]) => b - a);
  return other[0] >= WORTH_NAMING ? `otherwise ${other[1]}, ${percent(other[0])}` : "";
}

/** Return a text's nodes: each digit a button where there is a choice, lines below each other. */
function written(text, chosen, choose, doubtful) {
  $("digit").style.setProperty("--length", Math.max(...text.split("\n").map((l) => l.length)));
  $("digit").style.setProperty("--lines", text.split("\n").length);
  let place = 0;
  const nodes = [...text].map((character) => {
    if (character === "\n") return document.createElement("br");
    if (character === " " || !choose) return document.createTextNode(character);
    const button = document.createElement("button");
    const own = place++;
    button.type = "button";
    button.textContent = character;
    button.setAttribute("aria-pressed", own === chosen);
    button.addEventListener("click", () => choose(own));
    return button;
  });
  if (doubtful) nodes.push(document.createTextNode("?"));
  return nodes;
}

/** Draw a box around each digit on the sheet. */
function mark({ digits, size }, chosen, content) {
  const boxes = digits.map(({ label, box }, place) => {
    const at = sheet.locate(box, size, content);
    if (!at) return null;
    const element = document.createElement("span");
    ["left", "top", "width", "height"].forEach((side, k) => {
      element.style[side] = `${100 * at[k]}%`;
    });
    element.dataset.digit = label;
    element.classList.toggle("chosen", place === chosen);
    return element;
  });
  $("marks").replaceChildren(...boxes.filter(Boolean));
}

function showNothing() {
  display("–", "Nothing yet", "", null, null, null);
  sayLater("The sheet is empty");
}

function showReading() {
  display("…", "Reading the picture", "", null, null, null);
}

function showError(error) {
  const sentence = error[0].toUpperCase() + error.slice(1);
  display("?", sentence, "", null, null, null);
  sayLater(sentence);
}

function display(text, certainty, otherwise, label, probabilities, image) {
  $("reading").classList.toggle("idle", !probabilities);
  $("reading").classList.remove("several", "doubtful");
  if (text !== null) $("digit").textContent = text;
  $("marks").replaceChildren();
  $("certainty").textContent = certainty;
  $("otherwise").textContent = otherwise;
  const shown = ranked(probabilities);
  bars.forEach(({ row, name, fill, value }, place) => {
    const probability = probabilities?.[shown[place]] ?? 0;
    name.textContent = classes[shown[place]];
    row.classList.toggle("best", name.textContent === label);
    fill.style.setProperty("--p", probability);
    value.textContent = probabilities ? percent(probability) : "";
  });
  paintImage(image);
}

/** Return which classes have a bar: all in their order, or of many the most probable ones first. */
function ranked(probabilities) {
  const places = classes.map((_, place) => place);
  if (places.length > BARS && probabilities) {
    places.sort((a, b) => probabilities[b] - probabilities[a]);
  }
  return places.slice(0, BARS);
}

/** Return a probability in percent; `almost` where rounding would make a certainty of it. */
function percent(probability, almost = "> 99.9 %") {
  if (probability > 0.9994) return almost;
  return `${(100 * probability).toFixed(1)} %`;
}

/** Paint the rows of pixels that the network saw, as they are. */
function paintImage(rows) {
  const context = $("image").getContext("2d");
  context.clearRect(0, 0, 28, 28);
  if (!rows) return;
  const pixels = context.createImageData(28, 28);
  rows.flat().forEach((grey, i) => pixels.data.set([grey, grey, grey, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}

function addBar(label) {
  const [row, name, track, fill, value] = ["li", "span", "span", "span", "span"].map((tag) =>
    document.createElement(tag),
  );
  [name.className, track.className, fill.className] = ["name", "track", "fill"];
  value.className = "value";
  name.textContent = label;
  track.append(fill);
  row.append(name, track, value);
  $("bars").append(row);
  return { row, name, fill, value };
}

function say(words) {
  clearTimeout(pause);
  $("status").textContent = words;
}

function sayLater(words) {
  clearTimeout(pause);
  pause = setTimeout(say, PAUSE, words);
}

function take(files) {
  if (files.length) sheet.put(files[0]);
  else showError("that is no picture file: save it, and drop the file.");
}

$("undo").addEventListener("click", () => sheet.undo());
$("clear").addEventListener("click", () => sheet.clear());
$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", ({ target }) => {
  if (target.files.length) take(target.files);
  target.value = ""; // the same file may be chosen again
});
addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (files.length) take(files);
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dropping");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  take(event.dataTransfer.files);
});
addEventListener("keydown", (event) => {
  const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z";
  if (undo) sheet.undo();
  else if (event.key === "Delete" || event.key === "Backspace") sheet.clear();
  else return;
  event.preventDefault();
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("kbd[data-mac]")) key.textContent = key.dataset.mac;
}

sheet.render();
fetch("health")
  .then((response) => response.json())
  .then((about) => {
    $("run").textContent = `run ${about.run}`;
    if (about.classes.join() === classes.join()) return;
    classes = about.classes;
    $("bars").replaceChildren();
    bars = classes.slice(0, BARS).map(addBar);
    $("bars").style.setProperty("--classes", bars.length);
    $("bars").style.setProperty("--longest", Math.max(...classes.map((name) => name.length)));
    for (const each of document.querySelectorAll("h1, title")) each.textContent = "Draw a sign";
    invitation = "Draw here: one sign";
    changed();
  })
  .catch(() => {});
