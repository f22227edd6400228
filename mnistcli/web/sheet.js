// The sheet: strokes or a picture, drawn by pointer or by keys, with undo.

// Lengths are parts of the sheet's height: x runs from 0 to ASPECT, y from 0 to 1.
const ASPECT = 2; // of the sheet, as in page.css: a number is wide
const WIDTH = 0.055; // of a stroke
const MARGIN = 0.05; // around the sheet in its picture: at the border itself, ink could be a table
const STEP = 1 / 32; // by which an arrow key moves the pen
const FINE_STEP = 1 / 128; // with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const EMPTY = Object.freeze({ strokes: Object.freeze([]), picture: null });

export class Sheet {
  /** Every change of what is on the sheet calls `changed`; `said` gets words for the blind. */
  constructor(canvas, changed, said) {
    this.canvas = canvas;
    this.changed = changed;
    this.said = said;
    this.content = EMPTY; // never changed in place, except for the stroke that is being drawn
    this.history = [];
    this.stroke = null;
    this.pointer = null;
    this.pen = { x: ASPECT / 2, y: 0.5, shown: false };
    this.held = new Set();
    this.#listen();
  }

  get empty() {
    return this.content === EMPTY;
  }

  get picture() {
    return this.content.picture;
  }

  get drawing() {
    return this.stroke !== null;
  }

  undo() {
    if (!this.history.length) return;
    this.#endStroke();
    this.content = this.history.pop();
    this.#update();
  }

  clear() {
    this.#endStroke();
    if (!this.empty) this.#replace(EMPTY);
  }

  /** Put a picture on the sheet; what the browser cannot show, the server may still read. */
  async put(file) {
    const bitmap = await createImageBitmap(file).catch(() => null);
    this.#endStroke();
    this.pen.shown = false;
    this.#replace({ strokes: EMPTY.strokes, picture: { file, bitmap } });
  }

  /** Return the strokes as a PNG, dark on white, `side` pixels high. */
  async png(side) {
    const [margin, inside] = [MARGIN * side, side * (1 - 2 * MARGIN)];
    const width = Math.round(inside * ASPECT + 2 * margin);
    this.off ??= new OffscreenCanvas(width, side);
    const context = this.off.getContext("2d", { alpha: false });
    context.reset();
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, side);
    context.translate(margin, margin);
    context.rect(0, 0, inside * ASPECT, inside);
    context.clip();
    for (const stroke of this.content.strokes) trace(context, stroke, inside);
    return this.off.convertToBlob({ type: "image/png" });
  }

  /** Return where a box of what was read lies, as parts of the sheet's width and height.
   *
   * `size` is that of the picture that was read: a PNG of the strokes, or the picture's. Null
   * where the picture cannot be shown. */
  locate([left, top, width, height], [, pictureHeight], { picture }) {
    let scale = 1 / (pictureHeight * (1 - 2 * MARGIN));
    let [x, y] = [-MARGIN * pictureHeight * scale, -MARGIN * pictureHeight * scale];
    if (picture) {
      if (!picture.bitmap) return null;
      [scale, x, y] = fitted(picture.bitmap);
    }
    return [
      (x + left * scale) / ASPECT,
      y + top * scale,
      (width * scale) / ASPECT,
      height * scale,
    ];
  }

  #replace(content) {
    this.history.push(this.content);
    this.content = content;
    this.#update();
  }

  #update() {
    this.render();
    this.changed();
  }

  render() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.#paint();
    });
  }

  #paint() {
    const { canvas } = this;
    const side = Math.round(canvas.clientHeight * devicePixelRatio);
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (canvas.width !== width || canvas.height !== side) {
      [canvas.width, canvas.height] = [width, side];
    }
    const context = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, width, side);
    const { picture, strokes } = this.content;
    if (picture?.bitmap) {
      const [scale, x, y] = fitted(picture.bitmap).map((each) => each * side);
      const { width: w, height: h } = picture.bitmap;
      context.drawImage(picture.bitmap, x, y, w * scale, h * scale);
    }
    context.strokeStyle = style.color;
    for (const stroke of strokes) trace(context, stroke, side);
    if (this.pen.shown) this.#paintPen(context, side, style);
  }

  #paintPen(context, side, style) {
    context.beginPath();
    context.arc(this.pen.x * side, this.pen.y * side, (WIDTH * side) / 2, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle = style.getPropertyValue("--accent");
    context.lineWidth = 2 * devicePixelRatio;
    context.stroke();
    if (this.stroke) context.fill();
  }

  #beginStroke(point) {
    this.stroke = [point];
    const strokes = this.picture ? [] : this.content.strokes;
    this.#replace({ strokes: [...strokes, this.stroke], picture: null });
  }

  #extend(points) {
    this.stroke.push(...points);
    this.#update();
  }

  #endStroke() {
    this.stroke = null;
    this.pointer = null;
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.pointer !== null) return;
      this.#endStroke();
      this.pen.shown = false;
      this.pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      this.#beginStroke(this.#point(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      this.#extend((events.length ? events : [event]).map((each) => this.#point(each)));
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(end, (event) => {
        if (event.pointerId !== this.pointer) return;
        this.#endStroke();
        this.changed();
      });
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("keyup", (event) => this.held.delete(event.key));
    canvas.addEventListener("blur", () => {
      this.held.clear();
      this.pen.shown = false;
      if (this.pointer === null) this.#endStroke();
      this.render();
    });
    new ResizeObserver(() => this.render()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.render());
  }

  #point({ clientX, clientY, pointerType, pressure }) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((clientX - box.left) / box.width) * ASPECT,
      y: (clientY - box.top) / box.height,
      // A mouse and most fingers have no pressure of their own.
      width: pointerType === "pen" && pressure > 0 ? WIDTH * (0.5 + pressure) : WIDTH,
    };
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) this.#move(event);
    else if (event.key === " " && !event.repeat) this.#togglePen();
    else if (event.key !== " ") return;
    event.preventDefault();
  }

  #move({ key, shiftKey }) {
    this.held.add(key);
    const step = shiftKey ? FINE_STEP : STEP;
    for (const [dx, dy] of [...this.held].map((each) => ARROWS[each])) {
      this.pen.x = Math.min(Math.max(this.pen.x + dx * step, WIDTH), ASPECT - WIDTH);
      this.pen.y = Math.min(Math.max(this.pen.y + dy * step, WIDTH), 1 - WIDTH);
    }
    this.pen.shown = true;
    if (this.stroke) this.#extend([this.#penPoint()]);
    else this.render();
  }

  #togglePen() {
    this.pen.shown = true;
    if (this.stroke) {
      this.#endStroke();
      this.#update();
    } else {
      this.#beginStroke(this.#penPoint());
    }
    this.said(this.stroke ? "Pen down" : "Pen up");
  }

  #penPoint() {
    return { x: this.pen.x, y: this.pen.y, width: WIDTH };
  }
}

/** Return scale, left and top with which a bitmap fills the sheet as far as it can. */
function fitted({ width, height }) {
  const scale = Math.min(ASPECT / width, 1 / height);
  return [scale, (ASPECT - width * scale) / 2, (1 - height * scale) / 2];
}

/** Draw a stroke through the middles of its points, which smooths what the hand did. */
function trace(context, points, side) {
  context.lineCap = context.lineJoin = "round";
  const [first] = points;
  let from = [first.x * side, first.y * side];
  let { width } = first;
  const begin = () => {
    context.beginPath();
    context.lineWidth = width * side;
    context.moveTo(...from);
  };
  begin();
  context.lineTo(from[0] + 0.01, from[1]); // a dot, where there is no other point
  points.forEach((point, i) => {
    const next = points[i + 1] ?? point;
    if (point.width !== width) {
      context.stroke();
      ({ width } = point);
      begin();
    }
    from = [((point.x + next.x) / 2) * side, ((point.y + next.y) / 2) * side];
    context.quadraticCurveTo(point.x * side, point.y * side, ...from);
  });
  context.stroke();
}
