// Loaded into every process of the stack before its own program: it ends with the process that started it, however
// that ended.
process.once('disconnect', () => process.exit(1));
// To wait for that keeps no process alive that is done.
process.channel?.unref();
