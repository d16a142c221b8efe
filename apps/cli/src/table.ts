import stringWidth from 'string-width';

/** Rows under their headings, each column as wide as what is widest in it. */
export function table(headings: string[], rows: string[][]): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))),
  );
  return lines.map((line) => tableLine(line, widths)).join('\n');
}

function tableLine(cells: string[], widths: number[]): string {
  const last = cells.findLastIndex((cell) => cell !== '');
  return cells
    .slice(0, last + 1)
    .map((cell, column) => (column === last ? cell : padded(cell, widths[column] ?? 0)))
    .join('  ');
}

/** Names with their values, one a line; a value that is undefined is left out. */
export function fields(entries: [name: string, value: string | undefined][]): string {
  const present = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const width = Math.max(...present.map(([name]) => stringWidth(name)));
  return present.map(([name, value]) => `${padded(name, width)}  ${value}`).join('\n');
}

/** The text and as many blanks as fill the width; colours take no room, wide characters take two places. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}
