// How much is asked of a service at once, so that a scored file leaves room for a text that is typed meanwhile.

const AIM = 1.5; // seconds that a request should take: a service refuses what would wait for half of its deadline
const [FIRST, MOST] = [8, 32]; // texts

/** The number of texts of a request, as their time has it. */
export class Pace {
  size = FIRST;

  /** So many texts took so many seconds. */
  took(texts, seconds) {
    const fits = Math.floor((texts * AIM) / seconds);
    if (texts >= this.size || fits < this.size) this._set(Math.min(fits, 2 * this.size));
  }

  /** So many were too many. */
  tooMany(texts) { this._set(texts >> 1); }

  _set(size) { this.size = Math.max(1, Math.min(MOST, size)); }
}

/** Two at a time, and one at a time once that was too much. */
export class Turns {
  _free = 2;
  _fewer = 0; // turns that will not be given again
  _narrow = false;
  _waiting = [];

  narrow() {
    if (this._narrow) return;
    this._narrow = true;
    if (this._free) this._free -= 1;
    else this._fewer += 1;
  }

  async take(work) {
    if (this._free) this._free -= 1;
    else await new Promise((resolve) => { this._waiting.push(resolve); });
    try {
      return await work();
    } finally {
      if (this._fewer) this._fewer -= 1;
      else if (this._waiting.length) this._waiting.shift()();
      else this._free += 1;
    }
  }
}
