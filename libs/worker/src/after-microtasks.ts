/** What wants to go on when the microtasks have run. */
export interface TurnListener {
  onTurn(): void;
}

let asking: TurnListener[] = [];
let due: TurnListener[] = [];

/**
 * Calls back once all microtasks that are due have run, those that they cause included, and before the event loop goes
 * on. What is asked for in one turn shares one callback.
 */
export function afterMicrotasks(listener: TurnListener): void {
  if (asking.push(listener) === 1) queueMicrotask(addTick);
}

// A tick that is added by a microtask runs when no microtask is left; one that is added by a tick runs before those
// that the tick has queued. So it takes a microtask to become due.
function addTick(): void {
  if (due.length === 0) {
    due = asking;
    process.nextTick(runDue);
  } else due = due.concat(asking);
  asking = [];
}

function runDue(): void {
  const listeners = due;
  due = [];
  for (const listener of listeners) listener.onTurn();
}
