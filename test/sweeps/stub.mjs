// Stands in for the worker in executor.test.ts: does what the name in its task says.
let act;
process.on('message', (order) => {
  if (order.kind === 'begin') {
    act = order.task.act;
    begin();
  }
  if (order.kind === 'verdict') say({ kind: 'note', text: `verdict ${order.prune}` }, () => end('done'));
  if (order.kind === 'stop' && act === 'load') process.kill(process.pid, 'SIGINT');
  else if (order.kind === 'stop') end('interrupted');
});

function begin() {
  switch (act) {
    case 'crash':
      process.stderr.write('first line\nout of paper\n', () => process.exit(7));
      break;
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'ask':
      say({ kind: 'epoch', epoch: 2, validation: { auc: 0.5 } });
      break;
    case 'count':
      say({ kind: 'counting', what: 'rows', done: 1, rows: 2 }, () => end('done'));
      break;
    case 'answer': {
      const answer = { value: process.env.MVREC_TEST_LANE };
      say({ kind: 'answer', number: 1, answer }, () => end('done'));
      break;
    }
    case 'again':
      say({ kind: 'note', text: `${process.pid}` });
      say({ kind: 'end', end: { kind: 'done' }, again: true });
      process.once('disconnect', () => process.exit(0));
      break;
    case 'load': // nothing is ready yet to save and end
    case 'wait':
      say({ kind: 'note', text: 'waiting' });
  }
}

function end(kind) {
  say({ kind: 'end', end: { kind } }, () => process.exit(0));
}

function say(report, then = () => {}) {
  process.send(report, undefined, undefined, then);
}
