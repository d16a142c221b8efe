// Draws a terminal's screen as SVG. Lines and blocks are drawn as shapes, so that they meet whatever the font.

const CELL = { width: 8.4, height: 18 };
const PADDING = 14;
const BAR = 30;
const BACKGROUND = '#14161b';
const FOREGROUND = '#d8dee9';
const PALETTE = ['#3b4252', '#f07178', '#a3d77a', '#f0c674', '#82aaff', '#c792ea', '#6cc7d9', '#e5e9f0'];
const BRIGHT = ['#7b88a1', '#ff8b92', '#bdf29a', '#ffd98a', '#9dbcff', '#dcaaff', '#8adfee', '#ffffff'];

/** @returns the picture of what the terminal (of @xterm/headless) shows */
export function svgOf(terminal, title) {
  const { cols, rows, buffer } = terminal;
  const width = cols * CELL.width + 2 * PADDING;
  const height = rows * CELL.height + 2 * PADDING + BAR;
  const parts = [];
  for (let row = 0; row < rows; row += 1)
    parts.push(...rowOf(buffer.active.getLine(buffer.active.viewportY + row), row, cols));
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (colour, index) => `<circle cx="${20 + index * 18}" cy="17" r="5.5" fill="${colour}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" role="img" aria-label="${escaped(title)}">
<rect width="${width}" height="${height}" rx="9" fill="${BACKGROUND}"/>
${dots.join('')}
<text x="${width / 2}" y="22" text-anchor="middle" fill="#7b88a1" font-size="12">${escaped(title)}</text>
<g transform="translate(${PADDING} ${PADDING + BAR})">
${parts.join('\n')}
</g>
</svg>
`;
}

function rowOf(line, row, cols) {
  const parts = [];
  let run;
  const close = () => {
    if (run) parts.push(...drawn(run, row));
    run = undefined;
  };
  for (let column = 0; column < cols; column += 1) {
    const cell = line.getCell(column);
    if (!cell || cell.getWidth() === 0) continue;
    const look = lookOf(cell);
    const text = cell.getChars() || ' ';
    const key = JSON.stringify(look) + (isShape(text) ? 'shape' : '');
    if (run?.key !== key) {
      close();
      run = { key, look, column, text: '', cells: 0, isShape: isShape(text) };
    }
    run.text += text;
    run.cells += cell.getWidth();
  }
  close();
  return parts;
}

function lookOf(cell) {
  const colour = (isDefault, isPalette, value, fallback) =>
    isDefault || !isPalette ? fallback : value < 8 ? PALETTE[value] : (BRIGHT[value - 8] ?? fallback);
  const foreground = colour(cell.isFgDefault(), cell.isFgPalette(), cell.getFgColor(), FOREGROUND);
  const look = { fill: foreground, bold: cell.isBold() !== 0, faint: cell.isDim() !== 0, back: undefined };
  return cell.isInverse() ? { ...look, fill: BACKGROUND, back: '#82aaff', faint: false, bold: true } : look;
}

function drawn({ look, column, text, cells, isShape: shapes }, row) {
  const [x, y] = [column * CELL.width, row * CELL.height];
  const parts = [];
  if (look.back)
    parts.push(
      `<rect x="${r(x)}" y="${r(y)}" width="${r(cells * CELL.width)}" height="${CELL.height}" fill="${look.back}"/>`,
    );
  if (text.trim() === '') return parts;
  const opacity = look.faint ? ' opacity="0.55"' : '';
  if (shapes) {
    const drawing = Array.from(text, (character, index) =>
      shapeOf(character, x + index * CELL.width, y),
    ).join('');
    return [
      ...parts,
      `<path d="${drawing}" fill="${look.fill}"${text[0] === '░' ? ' opacity="0.35"' : opacity}/>`,
    ];
  }
  const length = text.trimEnd();
  const used = cells - (text.length - length.length);
  const weight = look.bold ? ' font-weight="700"' : '';
  return [
    ...parts,
    `<text x="${r(x)}" y="${r(y + 13.5)}" textLength="${r(used * CELL.width)}" lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="${look.fill}"${weight}${opacity}>${escaped(length)}</text>`,
  ];
}

const EIGHTHS = '▏▎▍▌▋▊▉█';
const LINES = { '─': 'lr', '│': 'tb', '╭': 'rb', '╮': 'lb', '╰': 'rt', '╯': 'lt' };

function isShape(character) {
  return character === '░' || EIGHTHS.includes(character) || character in LINES;
}

function shapeOf(character, x, y) {
  const box = (left, top, width, height) => `M${r(left)} ${r(top)}h${r(width)}v${r(height)}h${r(-width)}z`;
  if (character === '░') return box(x, y + 3, CELL.width, CELL.height - 6);
  const eighth = EIGHTHS.indexOf(character) + 1;
  if (eighth > 0) return box(x, y + 3, (CELL.width * eighth) / 8, CELL.height - 6);
  const [middleX, middleY] = [x + CELL.width / 2, y + CELL.height / 2];
  const sides = {
    l: box(x, middleY - 0.5, CELL.width / 2 + 0.5, 1),
    r: box(middleX - 0.5, middleY - 0.5, CELL.width / 2 + 0.5, 1),
    t: box(middleX - 0.5, y, 1, CELL.height / 2 + 0.5),
    b: box(middleX - 0.5, middleY - 0.5, 1, CELL.height / 2 + 0.5),
  };
  return Array.from(LINES[character], (side) => sides[side]).join('');
}

function r(value) {
  return Math.round(value * 100) / 100;
}

function escaped(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
