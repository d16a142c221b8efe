// The picture of a soak: four charts over time, one above the other, as SVG.
const WIDTH = 860;
const HEIGHT = 170;
const LEFT = 70;
const TOP = 34;
const COLOURS = ['#0b6e99', '#c2410c', '#4d7c0f'];

/** @returns the text of an SVG file */
export function drawCharts(samples, recoveries, { minutes, rate }) {
  const last = samples.at(-1);
  const charts = [
    chart('runs that wait (thousands)', minutes, [
      series('waiting', samples, ({ waiting }) => waiting / 1000),
    ]),
    chart('memory (MB resident)', minutes, [
      series('coordinator', samples, ({ coordinator }) => coordinator || undefined),
      series('nats-server', samples, ({ nats }) => nats),
    ]),
    chart('disk (MB)', minutes, [
      series('all', samples, ({ disk }) => disk),
      series('journals', samples, ({ journal }) => journal),
    ]),
    chart('recovery after SIGKILL (s)', minutes, [
      series('ready to serve', recoveries, ({ recovery }) => recovery, true),
    ]),
  ];
  const title = `${minutes} minutes, ${rate} runs a second: ${last.ended} ended, ${last.waiting} wait`;
  const height = TOP + charts.length * HEIGHT;
  const body = charts
    .map((content, index) => `<g transform="translate(0 ${TOP + index * HEIGHT})">${content}</g>`)
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${LEFT}" y="22" font-size="15">${title}</text>
${body}
</svg>
`;
}

function series(name, rows, valueOf, dots = false) {
  const points = rows.map((row) => [row.minutes, valueOf(row)]).filter(([, value]) => value !== undefined);
  return { name, points, dots };
}

function chart(title, minutes, all) {
  const most = niceAbove(Math.max(...all.flatMap(({ points }) => points.map(([, value]) => value)), 0.001));
  const x = (at) => LEFT + ((WIDTH - LEFT - 20) * at) / minutes;
  const y = (value) => HEIGHT - 34 - ((HEIGHT - 60) * value) / most;
  const grid = [0, most / 2, most]
    .map(
      (value) =>
        `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
    )
    .join('');
  const ticks = [0, minutes / 2, minutes]
    .map(
      (at) =>
        `<text x="${x(at)}" y="${HEIGHT - 16}" text-anchor="middle">${Number(at.toFixed(1))} min</text>`,
    )
    .join('');
  const lines = all.map(({ name, points, dots }, index) => {
    const colour = COLOURS[index];
    const path = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const marks = dots
      ? points
          .map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="3" fill="${colour}"/>`)
          .join('')
      : '';
    const label = `<text x="${LEFT + 260 + index * 130}" y="14" fill="${colour}">${name}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${marks}${label}`;
  });
  return `<text x="${LEFT}" y="14" font-weight="bold">${title}</text>${grid}${ticks}${lines.join('')}`;
}

/** The next of 1, 2, 5, 10, 20, … above a value. */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((nice) => nice >= value) ?? value;
}
