/** What wants to go on when the microtasks have run. */
export interface TurnListener {
  onTurn(): void;
}

let waiting: TurnListener[] = [];

/**
 * Calls back once all microtasks that are due have run, those that they cause included, and before the event loop goes
 * on. What is asked for in one turn shares one callback.
 */
export function afterMicrotasks(listener: TurnListener): void {
  // The queue of ticks is emptied before that of microtasks, and so is a tick that a tick adds; one that a microtask
  // adds waits for the microtasks.
  if (waiting.push(listener) === 1) queueMicrotask(addTick);
}

function addTick(): void {
  process.nextTick(runWaiting);
}

function runWaiting(): void {
  const due = waiting;
  waiting = [];
  for (const listener of due) listener.onTurn();
}
