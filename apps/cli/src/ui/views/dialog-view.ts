import stringWidth from 'string-width';

import { printable } from '../../printable.js';
import { cut, fit, type Line, line, scrolledTo, type Span, span } from '../lines.js';
import type { Dialog, Size } from '../state.js';

/** A dialog, as lines that take the place of the last ones of the page. */
export function dialogLines(dialog: Dialog, { columns, rows }: Size): Line[] {
  const width = columns - 4;
  const [title, content] = contentOf(dialog, width, Math.max(3, rows - 14));
  const head = cut(printable(title), width - 4);
  return [
    line(
      span(` ╭─ `, 'busy'),
      span(head, 'strong'),
      span(` ${'─'.repeat(Math.max(0, width - 2 - stringWidth(head)))}╮`, 'busy'),
    ),
    ...content.map((text) => frame(filled(text, width - 1))),
    line(span(` ╰${'─'.repeat(width + 1)}╯`, 'busy')),
  ];
}

function frame(text: Span[]): Line {
  return line(span(' │ ', 'busy'), ...text, span(' │', 'busy'));
}

function contentOf(dialog: Dialog, width: number, most: number): [title: string, content: Span[][]] {
  switch (dialog.kind) {
    case 'end': {
      const { verb, run } = dialog;
      const what =
        verb === 'cancel'
          ? 'It is asked to end, and may clean up before it does.'
          : 'It ends at once, in the middle of whatever it does, and cleans nothing up.';
      return [
        `${verb === 'cancel' ? 'Cancel' : 'Terminate'} ${run.workflowId}?`,
        [
          [span(`run ${run.id} of ${run.workflowType}, ${run.status}`, 'faint')],
          [span(what, verb === 'cancel' ? 'idle' : 'bad')],
          [span('y', 'strong'), span(' yes   '), span('n', 'strong'), span(' no')],
        ],
      ];
    }
    case 'send': {
      const { run, field, event, payload, known, fault } = dialog;
      return [
        `Send an event to ${run.workflowId}`,
        [
          inputLine('event', event, field === 'event', width),
          inputLine('payload', payload, field === 'payload', width, 'JSON, may be empty'),
          [
            fault === undefined
              ? span(known.length > 0 ? `it takes: ${known.join(', ')}` : '', 'faint')
              : span(fault, 'bad'),
          ],
        ],
      ];
    }
    case 'prefix':
      return ['Only runs whose workflow id begins with', [inputLine('id', dialog.text, true, width)]];
    case 'choose': {
      const { what, options, selected } = dialog;
      const height = Math.min(most, options.length);
      const top = scrolledTo(
        selected,
        Math.max(0, selected - Math.floor(height / 2)),
        height,
        options.length,
      );
      return [
        `Only runs of this ${what}`,
        options
          .slice(top, top + height)
          .map((option, index) =>
            top + index === selected ? [span(`❯ ${option}`, 'busy')] : [span(`  ${option}`)],
          ),
      ];
    }
  }
}

function inputLine(name: string, text: string, active: boolean, width: number, hint = ''): Span[] {
  const room = width - 14;
  const shown = text.length > room ? `…${text.slice(text.length - room + 1)}` : text;
  return [
    span(`${active ? '❯' : ' '} ${fit(name, 8)}`, active ? 'busy' : 'faint'),
    span(shown),
    ...(active ? [span('▏', 'busy')] : []),
    ...(text === '' && hint !== '' ? [span(hint, 'faint')] : []),
  ];
}

/** The spans, cut and filled to the width. */
function filled(spans: Span[], width: number): Span[] {
  let room = width;
  const shown = spans.map(({ text, style }) => {
    const part = cut(printable(text), room);
    room -= stringWidth(part);
    return span(part, style);
  });
  return [...shown, span(' '.repeat(Math.max(0, room)))];
}
