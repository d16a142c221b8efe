import type { Readable } from 'node:stream';

const MAX_CHARACTERS = 16 * 1024;

/** The end of what a process wrote, for the error that tells of its end. */
export class OutputTail {
  #text = '';

  follow(...streams: (Readable | null)[]): void {
    for (const stream of streams) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text = (this.#text + chunk).slice(-MAX_CHARACTERS);
      });
    }
  }

  toString(): string {
    return this.#text.trimEnd();
  }
}
