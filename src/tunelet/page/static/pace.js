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

const CALM = 10; // answers without a refusal after which two are asked at a time again

/** Two at a time, and one at a time for a while once that was too much; each while is twice as long as the one before. */
export class Turns {
  _free = 2;
  _fewer = 0; // turns that will not be given again
  _narrow = false;
  _calm = CALM;
  _left = 0; // answers until there are two again
  _waiting = [];

  /** That was too much. */
  narrow() {
    this._left = this._calm;
    if (this._narrow) return;
    this._narrow = true;
    this._calm *= 2;
    if (this._free) this._free -= 1;
    else this._fewer += 1;
  }

  async take(work) {
    if (this._free) this._free -= 1;
    else await new Promise((resolve) => { this._waiting.push(resolve); });
    try {
      const result = await work();
      this._answered();
      return result;
    } finally {
      if (this._fewer) this._fewer -= 1;
      else this._give();
    }
  }

  _answered() {
    if (!this._narrow) return;
    this._left -= 1;
    if (this._left) return;
    this._narrow = false;
    this._give();
  }

  _give() {
    if (this._waiting.length) this._waiting.shift()();
    else this._free += 1;
  }
}
