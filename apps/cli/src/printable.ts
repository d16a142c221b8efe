// What an application chose (ids, names, messages) may hold anything, and a terminal obeys control characters.
// oxlint-disable-next-line no-control-regex -- they are what this is about
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with nothing in it that a terminal would act upon: control characters are spelled. */
export function printable(text: string): string {
  return text.replace(
    CONTROL,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
