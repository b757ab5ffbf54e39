// Answers that nobody has downloaded yet: before they are lost, the reader is asked.

import { counted } from "./wording.js";

export class Unsaved {
  constructor() {
    this._scoring = null;
    addEventListener("beforeunload", (event) => { if (this._answers) event.preventDefault(); });
  }

  /** Mind the answers of a scoring; null: they are downloaded. */
  of(scoring) { this._scoring = scoring; }

  /** Whether nothing is lost, or may be. */
  mayGo() {
    const answers = this._answers;
    return !answers || confirm(`${counted(answers, "answer")} will be lost, for you did not download the file. Go on?`);
  }

  get _answers() { return this._scoring?.done ?? 0; }
}
