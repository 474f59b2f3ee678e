/** English. `{places}` are filled; see text.ts. Keys are grouped by area. */
export const en = {
  'timeline.title': 'Timeline',
  'timeline.canvas': 'Timeline of {runs}. Below it is a table that says the same.',
  'timeline.lane.client': 'client',
  'timeline.lane.kernel': 'kernel buffer',
  'timeline.lane.process': 'process',
  'timeline.lane.calls': 'system calls',
  'timeline.lane.operations': 'receipts',
  'timeline.group.client': 'client {client}',
  'timeline.group.thread': 'thread {tid}',
  'timeline.thread.watcher': 'watcher',
  'timeline.thread.drainer': 'drainer',
  'timeline.thread.sender': 'sender',
  'timeline.thread.reader': 'reader',
  'timeline.thread.writer': 'writer',
  'timeline.thread.adder': 'adder',
  'timeline.thread.synchronous': 'synchronous',
  'timeline.thread.asynchronous': 'asynchronous',
  'timeline.thread.ring': 'ring',
  'timeline.group.named': '{name}',
  'timeline.group.expand': 'show all lanes',
  'timeline.group.collapse': 'fold lanes',
  'timeline.group.expand.of': 'show all lanes of {run}',
  'timeline.group.collapse.of': 'fold lanes of {run}',

  'timeline.picture':
    'Timeline of {runs}: client, kernel buffer, process and system calls, over time.',
  'timeline.figures':
    '{calls} calls per message, {blocked|would-block|would-blocks}, {share:percent} of one CPU',
  'timeline.figures.ring':
    '{calls} calls per message, {operations|operation|operations} in the ring, {share:percent} of one CPU',
  'timeline.figures.calls': '{total|call|calls}, {blocked|would-block|would-blocks}',
  'timeline.figures.double':
    'calls of a double of this interface on Linux: their order is true, their times are not',
  'timeline.figures.wine':
    'calls made under Wine on Linux: their order is true, their times are not',
  'timeline.bar.asleep': 'asleep in {call}',
  'timeline.bar.pause': 'does not read',

  'timeline.legend.title': 'Legend',
  'timeline.legend.wait': 'phase 1, asleep in the call',
  'timeline.legend.wait-free': 'phase 1, the thread free',
  'timeline.legend.wait-other': 'asleep in the call: no room, or a disk',
  'timeline.legend.ready': 'ready, not asked for yet',
  'timeline.legend.copy': 'phase 2, copy',
  'timeline.legend.code': "the program's own code",
  'timeline.legend.would-block': 'would-block (EAGAIN)',
  'timeline.legend.sleep': 'asleep for all at once',
  'timeline.legend.receipt': 'ring operation: a receipt',
  'timeline.legend.call': 'system call',
  'timeline.legend.probe': 'probe: made by the recorder, counted nowhere',
  'timeline.legend.buffer': 'bytes in the kernel',
  'timeline.legend.client': 'the client',
  'timeline.legend.note': 'Nothing is drawn narrower than two pixels.',

  'timeline.play': 'Play',
  'timeline.pause': 'Pause',
  'timeline.step-back': 'Back to the event before',
  'timeline.step': 'Step to the next event',
  'timeline.start': 'To the start',
  'timeline.end': 'To the end',
  'timeline.speed': 'Speed',
  'timeline.speed.real': 'real time',
  'timeline.speed.slower': '{factor} times slower',
  'timeline.scrub': 'Position',
  'timeline.zoom-in': 'Zoom in',
  'timeline.zoom-out': 'Zoom out',
  'timeline.zoom-all': 'Show all',
  'timeline.keys':
    'Keys: space plays, left and right step, [ and ] change the speed, + and - zoom, home and end jump.',

  'timeline.table.show': 'Show as a table',
  'timeline.table.hide': 'Hide the table',
  'timeline.table.caption': 'What happened, in the order of time: {first} to {last} of {total}',
  'timeline.table.run': 'run',
  'timeline.table.at': 'time',
  'timeline.table.where': 'where',
  'timeline.table.what': 'what happened',
  'timeline.table.took': 'took',
  'timeline.table.earlier': 'Earlier',
  'timeline.table.later': 'Later',

  'timeline.now': 't = {at:time}: {sentence}',
  'timeline.now.of': '{run}: {sentence}',
  'timeline.now.nothing': 'Nothing has happened yet.',
  'timeline.now.over': 'The run is over.',
  'timeline.now.asleep':
    '{call}() is asleep in the kernel for {who}: phase 1, the thread can do nothing else.',
  'timeline.now.asleep-accept': '{call}() is asleep in the kernel until somebody connects.',
  'timeline.now.asleep-other':
    '{call}() is asleep in the kernel: there is no room, or a disk is slow.',
  'timeline.now.asleep-all': '{call}() is asleep in the kernel for all connections at once.',
  'timeline.now.awake': '{call}() returned after {time:time}: {count} ready.',
  'timeline.now.awake-none': '{call}() returned after {time:time}, with nothing.',
  'timeline.now.arrived': '{size:bytes} for {who} are in the kernel: phase 1 is over.',
  'timeline.now.received-asleep':
    '{call}() returned {size:bytes}; the thread slept {wait:time} (phase 1), wake-up and copy took {copy:time} (phase 2).',
  'timeline.now.received':
    '{call}() returned {size:bytes} for {who}: waited {wait:time} for them while the thread was free (phase 1), they lay ready {ready:time}, copied in {copy:time} (phase 2).',
  'timeline.now.received-unknown': '{call}() returned {size:bytes} for {who}.',
  'timeline.now.would-block': '{call}() answered would-block: nothing there, the thread goes on.',
  'timeline.now.would-blocks':
    '{call}() answered would-block, {count} times in a row: nothing there, and the thread burns CPU by asking.',
  'timeline.now.goodbye': '{call}() returned 0 for {who}: the client will send no more.',
  'timeline.now.failed': '{call}() failed with {error} after {time:time}.',
  'timeline.now.sent': '{call}() took {size:bytes} for {who} in {time:time}.',
  'timeline.now.accepted': '{call}() took a new connection after {time:time}.',
  'timeline.now.called': '{call}() took {time:time}.',
  'timeline.now.probed': 'The recorder looked with {call}(): no call of the program.',
  'timeline.now.submitted':
    'The program asked the ring for {call} and holds a receipt. It does not wait.',
  'timeline.now.completed': 'The kernel has done {call}: the receipt is redeemed.',
  'timeline.now.completed-bytes':
    'The kernel has done {call}, {size:bytes}: the receipt is redeemed, and no call had to copy them.',
  'timeline.now.completed-failed': 'The kernel could not do {call}: {error}.',
  'timeline.now.code': "The program's own code runs: {callback} for {who}, {time:time}.",
  'timeline.now.client.connect': '{who} connects.',
  'timeline.now.client.send': '{who} sends {size:bytes}.',
  'timeline.now.client.receive': '{who} has {size:bytes} of the echo.',
  'timeline.now.client.half-close': '{who} says that it will send no more.',
  'timeline.now.client.reset': '{who} breaks off with a reset.',
  'timeline.now.client.pause': '{who} stops reading.',
  'timeline.now.client.resume': '{who} reads again.',
  'timeline.now.client.closed': '{who} has closed.',
  'timeline.now.client.other': '{who}: {act}.',
  'timeline.now.somebody': 'a descriptor',

  // The sentence
  'sentence.live': 'You are watching a real {model} server, pid {pid}, slowed {times|time|times}.',
  'sentence.live.full': 'You are watching a real {model} server, pid {pid}, at its own speed.',
  'sentence.recorded':
    'You are watching a recording of a real {model} server, slowed {times|time|times}.',
  'sentence.recorded.full':
    'You are watching a recording of a real {model} server, at its own speed.',
  'sentence.compare.live': 'You are watching {n} real servers with the same clients: {models}.',
  'sentence.compare.recorded':
    'You are watching {n} recorded servers with the same clients: {models}.',
  'sentence.double':
    'You are watching the calls of {model}, recorded against a double of that kernel: the order is real, the times are not.',
  'sentence.wine':
    'You are watching the calls of {model}, recorded under Wine: the order is real, the times are not.',
  'sentence.scene.live': 'You are watching what this kernel did a moment ago: {question}',
  'sentence.scene.recorded': 'You are watching a recording of what a real kernel did: {question}',
  'sentence.empty': 'Every way to wait for data, on the real kernel. Choose a model and press Run.',
  'sentence.waiting': 'The first picture is on its way.',

  // The page
  'page.title': 'polyio lab',
  'page.skip': 'To the timeline',
  'page.language': 'Language',
  'page.theme': 'Theme',
  'page.theme.system': 'As the system',
  'page.theme.light': 'Light',
  'page.theme.dark': 'Dark',
  'page.help': 'Help',
  'page.story': 'Guided tour',
  'page.close': 'Close',
  'page.origin.live': 'live',
  'page.origin.recorded': 'recorded',
  'page.origin.imported': 'from a file',
  'page.origin.double': 'recorded, double',
  'page.origin.wine': 'recorded, Wine',
  'page.recordedOn': 'Recorded {when} on {system} {kernel}, {cpus|CPU|CPUs}, Node {node}.',

  // Controls
  'control.scene': 'Question',
  'control.models': 'Models',
  'control.compare': 'Compare',
  'control.compare.hint': 'Set up to four models side by side, with the same clients.',
  'control.scenario': 'Clients do',
  'control.clients': 'Clients',
  'control.messages': 'Messages each',
  'control.bytes': 'Bytes',
  'control.delay': 'Delay (ms)',
  'control.seed': 'Seed',
  'control.run': 'Run',
  'control.repeat': 'Run 5 times',
  'control.repeat.hint': 'Five runs give every counter its spread.',
  'control.stop': 'Stop',
  'control.share': 'Copy link',
  'control.export': 'Export',
  'control.more': 'Settings',
  'control.model.hint': '{model}: {waits}',
  'control.model.unavailable': '{model} cannot run here: {reason}',
  'control.model.recorded': '{model} cannot run here: {reason}. Choose it to watch its recording.',
  'control.own': 'This scene has a program of its own and sets its own numbers.',

  // What is said when something happens
  'status.progress': 'Running: {label}, {step} of {of}.',
  'status.started': 'Running.',
  'status.done': 'Done: {models}.',
  'status.stopped': 'Stopped; nothing runs any more.',
  'status.stale': 'The settings have changed: press Run to see them.',
  'status.copied': 'Copied.',
  'status.notCopied': 'The browser does not let the page copy; here it is: {text}',
  'status.static':
    'Without a lab this page shows recordings. Run "npx polyio lab" and open the address that it prints to watch your own kernel.',
  'status.lost':
    'The lab does not answer any more; start "npx polyio lab" again. What is on the page stays.',
  'status.back': 'The lab is there again.',
  'status.refused':
    'The lab does not know this page: open the address that it printed, with its token.',
  'status.busy': 'The lab is busy: a run is going on already, and there is one at a time.',
  'status.failed': 'The run failed: {reason}',
  'status.noRecording': 'There is no recording of {what}; run it with "npx polyio lab".',
  'status.unavailable': '{model} cannot run here: {reason}; {remedy}.',
  'status.recordedInstead': '{model} cannot run here ({reason}), so this is its recording.',
  'status.elsewhere': '{model} cannot run here: {reason}.',
  'status.badFile': 'The file could not be read: {reason}',
  'status.badAnswer': 'The lab gave an answer that the page does not understand: {reason}',
  'status.exported': 'Saved as {file}.',
  'status.notExported': 'This could not be exported: {reason}',
  'status.link': 'The link asks for what is not possible ({names}); the usual values stand in.',

  // Scenarios
  'scenario.steady': 'send now and then',
  'scenario.slow-sender': 'send in pieces',
  'scenario.burst': 'all send at once',
  'scenario.slow-reader': 'one reads late',
  'scenario.reset': 'one breaks off',
  'scenario.half-close': 'finish early',

  // Scenes
  'scene.free.title': 'What does a model do while it waits?',
  'scene.free.watch':
    'Orange is waiting for data, blue is copying it. Which call sleeps through the orange?',
  'scene.asynchronous-or-non-blocking.title': 'Asynchronous or non-blocking?',
  'scene.asynchronous-or-non-blocking.watch':
    'Who waits and who copies: a busy loop, a thread asleep in epoll_wait, or the kernel with a receipt.',
  'scene.epoll-sleeps.title': 'Is epoll synchronous, and does it burn CPU?',
  'scene.epoll-sleeps.watch':
    'epoll_wait sleeps and costs nothing; then recv copies, and the program waits for that. The loop beside it never sleeps.',
  'scene.edge-trigger.title': 'Why does edge trigger want non-blocking?',
  'scene.edge-trigger.watch':
    'Half of the bytes are read. The level tells again, the edge is silent, and a blocking drain hangs.',
  'scene.select-or-poll.title': 'select or poll?',
  'scene.select-or-poll.watch':
    'What one wait costs while more and more idle descriptors are watched, and what descriptor 1024 does to select.',
  'scene.would-block.title': 'What is EAGAIN?',
  'scene.would-block.watch':
    'Each dotted tick is a call that came back with nothing. Count them, and look at the CPU.',
  'scene.epoll-on-files.title': 'Can epoll watch regular files?',
  'scene.epoll-on-files.watch':
    'epoll refuses them, select calls them always ready, and the read then sleeps in the disk. A ring does not.',
  'scene.full-pipe.title': 'When does a write to a pipe block?',
  'scene.full-pipe.watch': 'The pipe fills up, the writer sleeps, and the reader makes room.',
  'scene.io-uring-or-epoll.title': 'io_uring or epoll?',
  'scene.io-uring-or-epoll.watch':
    'The same clients: calls for each message, and who does the copying.',
  'scene.who-accepts.title': 'Who wakes up at accept?',
  'scene.who-accepts.watch':
    'Connections for each worker: one shared socket, an exclusive watch, or a socket each (SO_REUSEPORT).',
  'scene.threads-or-events.title': 'Node has one thread, so how does it serve thousands?',
  'scene.threads-or-events.watch': 'Threads and memory while more and more clients are idle.',
  'scene.synchronous-or-asynchronous.title':
    'Synchronous or asynchronous: the result, or a receipt?',
  'scene.synchronous-or-asynchronous.watch':
    'A slow addition: one caller waits for the sum, the other takes a receipt and goes on.',
  'scene.page-cache.title': 'Does a file write wait for the disk?',
  'scene.page-cache.watch':
    'With O_SYNC or without, in the page cache or not: the same calls, other times.',

  // Models
  'model.blocking': 'One thread, one connection at a time.',
  'model.blocking-processes':
    'Several processes share the listening socket; each blocks in its own client.',
  'model.blocking-threads': 'Several threads; each blocks in its own client.',
  'model.non-blocking': 'Asks every descriptor again and again, and never sleeps.',
  'model.select': 'Sleeps in select, which looks at every descriptor, below 1024 only.',
  'model.poll': 'Sleeps in poll, which looks at every descriptor.',
  'model.epoll': 'Sleeps in epoll_wait, which returns what is ready and nothing else.',
  'model.epoll-edge': 'Sleeps in epoll_wait, which tells of each change once.',
  'model.kqueue': 'Sleeps in kevent, which returns what is ready (BSD, macOS).',
  'model.signal-driven': 'Sleeps until a signal says that a descriptor is ready.',
  'model.io-uring': 'The kernel waits and copies; one call submits and collects a whole batch.',
  'model.iocp': 'The kernel waits and copies; the thread collects what is complete (Windows).',
  'model.node-net': "Node's own net module, as the baseline.",
  'unavailable.kqueue': 'it belongs to the kernels of macOS and the BSDs',
  'unavailable.iocp': 'it belongs to Windows',
  'pick.blocking': 'One client, or a tool: nothing is simpler.',
  'pick.blocking-processes': 'Few clients that must not harm one another.',
  'pick.blocking-threads': 'Few clients, each of them busy, in simple code.',
  'pick.non-blocking': 'The answer must come at once and a whole CPU may burn for it.',
  'pick.select': 'Few descriptors, and the code must run everywhere.',
  'pick.poll': 'A few hundred descriptors on any POSIX system.',
  'pick.epoll': 'Many connections on Linux, most of them idle.',
  'pick.epoll-edge': 'As epoll, when one wake-up should drain much at once.',
  'pick.kqueue': 'Many connections on macOS or BSD.',
  'pick.signal-driven': 'Rarely: to see where epoll came from.',
  'pick.io-uring': 'Many messages on Linux: the fewest calls for each.',
  'pick.iocp': 'Many connections on Windows.',
  'pick.node-net': "Everything that has to live in Node's own loop.",

  // Panels
  'panel.views': 'What the run shows',
  'view.findings': 'Findings',
  'view.counters': 'Counters',
  'view.latency': 'Latency',
  'view.pick': 'Which one?',
  'view.charts': 'Charts',
  'panel.timeline': 'Timeline',
  'panel.now': 'Now',
  'panel.source': 'The program',
  'panel.empty': 'Nothing has been run yet.',

  // The stepper
  'source.of': 'The source of {model}, step {step} of {of}',
  'source.before': 'The source of {model}, before its first step',
  'source.own': 'What happens here comes from a program of the scene, without marked steps.',
  'source.run': 'Whose program',

  // Findings
  'finding.script':
    'The script: {clients|client|clients}, {messages|message|messages} of {bytes:bytes} from each, {delay} ms apart, seed {seed}.',
  'finding.slept':
    'The thread slept in {call} for {share:percent} of the run, for all clients at once.',
  'finding.slept.blocking':
    'Its {threads|thread|threads} slept in accept and recv for {share:percent} of the run, through both phases of each call.',
  'finding.spun':
    'It never slept: {blocked:percent} of {calls|call|calls} came back with nothing, and the CPU was busy for {busy:percent} of the run.',
  'finding.completed':
    'The kernel did both phases; the thread slept in {call} for {share:percent} of the run, until something was complete.',
  'finding.baseline': 'libuv waited and received; only the callbacks are seen from JavaScript.',
  'finding.wait':
    'Phase 1: a connection waited {time:time} for its data to reach the kernel (median of {n}).',
  'finding.noWait':
    'Phase 1: for most of {n|receive|receives} the data was in the kernel already, so nobody waited.',
  'finding.ready':
    'Then it lay ready in the kernel for {time:time} until the program asked for it.',
  'finding.copy': 'Phase 2: {time:time} until it was copied to the program, wake-up included.',
  'finding.sender':
    "Here the sender's clock says when the data was in the kernel: rings and libuv give no stamp.",
  'finding.cost':
    'A message cost {each|call|calls}: {calls} for {messages|message|messages}, {blocked} of them for nothing.',
  'finding.ring': '{operations|operation|operations} went by the ring and were no calls.',
  'finding.noTimes':
    'Only the calls are shown: these times say nothing about the system that they stand for.',
  'finding.noRuns': 'This scene leaves figures behind, and no timeline.',
  'finding.note': 'A note of the recorder: {note}',
  'note.folded':
    'Not drawn one by one: {n|would-block was|would-blocks were} folded into the one before, for room.',
  'note.dropped': '{n|event|events} found no room and are missing.',
  'note.baseline':
    'libuv makes its calls itself, where no tap sees them: only the callbacks are shown.',
  'note.ring': 'Operations of a ring are no calls and are counted apart.',
  'note.cut': 'The run was cut: somebody still waited when its time was up.',
  'note.late': 'Client 0 sends messages of {size:bytes}, and reads late.',
  'note.client': 'Client {client}: {error}',
  'note.double':
    'The calls were made to a double of kqueue on Linux: they are those of the program, the times are not those of a BSD.',
  'note.wine':
    'The calls were made under Wine on Linux: they are those of the program, the times are not those of Windows.',

  // Counters
  'counter.name': 'Counter',
  'counter.caption': 'What each model cost, for the same clients',
  'counter.callsPerMessage': 'Calls for each message',
  'counter.calls': 'Calls',
  'counter.wouldBlocks': 'Would-blocks',
  'counter.wakeUps': 'Wake-ups',
  'counter.operations': 'Operations of the ring',
  'counter.cpu': 'CPU time',
  'counter.cpuShare': 'CPU of one core',
  'counter.switches': 'Context switches',
  'counter.p50': 'Round trip, half below',
  'counter.p99': 'Round trip, 99 % below',
  'counter.wait': 'Phase 1, half below',
  'counter.copy': 'Phase 2, half below',
  'counter.threads': 'Threads',
  'counter.value': '{mean} ± {deviation}',
  'counter.repeats': '± is the standard deviation of {n} live runs with these settings.',
  'counter.noRepeats': 'One run; "Run 5 times" gives every figure its spread.',
  'counter.none': 'not measured',
  'counter.overhead':
    'Writing down one call took {tap:time}; {probes|probe was|probes were} made beside them and count nowhere.',
  'counter.method': 'Phase 1 ends at: {methods}. The clocks are known to {error:time}.',
  'method.kernel-stamp': "the kernel's own stamp ({n})",
  'method.readiness-probe': 'a readiness probe ({n})',
  'method.sender': "the sender's clock ({n})",
  'method.none': 'unknown ({n})',

  // Latency
  'latency.title': 'Round trips over time',
  'latency.caption':
    '{model}: {n|round trip|round trips}, half of them below {p50:time}, 99 % below {p99:time}, the slowest {max:time}',
  'latency.axis.x': 'time of the run',
  'latency.axis.y': 'round trip (logarithmic)',
  'latency.cell':
    '{n|round trip|round trips} of {from:time} to {to:time}, between {start:time} and {end:time}',
  'latency.none': 'No message came back in this run.',
  'latency.darker': 'The darker a field, the more round trips.',

  // Which model should I pick?
  'pick.caption': 'Which model should I pick? The figures are those of this run.',
  'pick.model': 'Model',
  'pick.when': 'Pick it when',
  'pick.calls': 'Calls each',
  'pick.cpu': 'CPU',
  'pick.p99': '99 %',
  'pick.threads': 'Threads',
  'pick.best': 'the least of this run',
  'pick.missing': 'not in this run',

  // Charts
  'chart.table': 'The figures of this chart',
  'chart.series': 'Series',
  'chart.described': '{title}: {n|series|series}, {x} against {y}',

  // Export and import
  'export.svg': 'Picture (SVG)',
  'export.png': 'Picture (PNG)',
  'export.json': 'Everything (JSON)',
  'export.csv': 'Events (CSV)',
  'export.perfetto': 'Trace for ui.perfetto.dev',
  'export.command': 'Copy as command',
  'export.import': 'Open a file…',
  'export.noTimeline': 'there is no timeline in this scene',
  'export.noPicture': 'the browser made no picture of it',
  'export.title': 'Export and import',
  'import.tooLarge': 'it is larger than {limit:bytes}',

  // The story
  'story.title': 'Two phases in six cards',
  'story.card': 'Card {n} of {of}',
  'story.next': 'Next',
  'story.back': 'Back',
  'story.run': 'Run it',
  'story.done': 'Explore on your own',
  'story.measured': 'Measured: {answer}',
  'story.guess.right': 'You saw it coming.',
  'story.guess.wrong': 'Most people guess otherwise, too.',
  'story.recorded': 'This figure comes from a recording.',
  'story.1.title': 'Where does a blocking server wait?',
  'story.1.text':
    'Three clients send a message now and then. One thread serves one client at a time. In which phase does its time go by?',
  'story.1.a': 'Waiting for data (phase 1)',
  'story.1.b': 'Copying data (phase 2)',
  'story.1.c': 'Half and half',
  'story.1.answer':
    'a message was waited for {wait:time} (phase 1), and copied in {copy:time} (phase 2).',
  'story.2.title': 'How many calls does non-blocking make?',
  'story.2.text':
    'A non-blocking server asks every descriptor again and again. How many calls does it make in 100 ms, for a handful of messages?',
  'story.2.a': 'About 30',
  'story.2.b': 'About 3,000',
  'story.2.c': '10,000 and more',
  'story.2.answer':
    '{calls|call|calls} in 100 ms, and {blocked:percent} of all came back with nothing.',
  'story.3.title': 'Does epoll burn CPU while it waits?',
  'story.3.text': 'epoll waits for all clients in one call. How busy is the CPU meanwhile?',
  'story.3.a': 'Nearly idle',
  'story.3.b': 'About half',
  'story.3.c': 'Fully busy',
  'story.3.answer':
    'the thread slept for {share:percent} of the run and used {busy:percent} of a CPU.',
  'story.4.title': 'Is epoll asynchronous?',
  'story.4.text': 'epoll_wait has said that data is there. Who copies it to the program?',
  'story.4.a': 'The kernel, on its own',
  'story.4.b': 'The program, in recv',
  'story.4.c': 'Nobody: the memory is shared',
  'story.4.answer':
    'the program called recv {calls|time|times}; each copy took {copy:time}. Synchronous, though it never blocks there.',
  'story.5.title': 'What does io_uring leave to the program?',
  'story.5.text':
    'With io_uring the program leaves a receipt, and the kernel does both phases. How many calls does a message cost?',
  'story.5.a': 'Four or more',
  'story.5.b': 'About two or three',
  'story.5.c': 'One hundred',
  'story.5.answer':
    '{each|call|calls} for each message; {operations|operation|operations} went by the ring.',
  'story.6.title': 'Now all together',
  'story.6.text':
    'The same clients, one time axis: blocking, non-blocking, epoll and io_uring. Whose second client has to wait for the first to leave?',
  'story.6.a': 'blocking',
  'story.6.b': 'epoll',
  'story.6.c': 'io-uring',
  'story.6.answer':
    'half of the round trips took {blocking:time} with blocking, {epoll:time} with epoll and {ring:time} with io-uring.',

  // Help
  'help.title': 'How to read this page',
  'help.1':
    'Every receive has two phases: phase 1 waits until data is in the kernel, phase 2 copies it to the program. The models differ in who waits, and who copies.',
  'help.2':
    'The run is recorded at full speed and replayed slowly, so that watching does not change what is measured.',
  'help.3':
    'Synchronous is not the same as blocking: epoll never blocks in recv, and yet the program itself copies. Asynchronous means that you hold a receipt while the kernel does both.',
  'help.keys': 'Keys',
  'help.key.space': 'play and pause',
  'help.key.arrows': 'the event before, and the next one',
  'help.key.brackets': 'slower and faster',
  'help.key.zoom': 'closer and farther',
  'help.key.models': 'choose a model',
  'help.key.run': 'run',
  'help.key.help': 'this help',
  'help.legend': 'Colours',
  'legend.wait': 'phase 1: waiting for data',
  'legend.copy': 'phase 2: copying',
  'legend.user': 'your code',
  'legend.wouldBlock': 'asked for nothing (EAGAIN)',
  'legend.sleeping': 'asleep',

  // Scenes: what their runs show
  'scene.full-pipe.try':
    'Predict after how many writes of 4,096 bytes the writer falls asleep, then step to that write.',
  'scene.edge-trigger.try':
    'Follow the run "blocking drain" to its third recv, and look how long the other client waits meanwhile.',
  'scene.select-or-poll.try': 'Look where the curve of select ends, and why it goes no further.',
  'scene.epoll-on-files.try': 'Compare the length of each select with that of the pread behind it.',
  'scene.page-cache.try':
    'Run it again: the figures of the disk scatter, those of the cache hardly do.',
  'run.pipe': 'a pipe',
  'run.fifo': 'a FIFO',
  'run.level': 'level trigger',
  'run.edge': 'edge trigger',
  'run.blocking-drain': 'a blocking drain',
  'run.select': 'select',
  'run.poll': 'poll',
  'run.epoll': 'epoll',
  'run.file-epoll': 'a file, epoll',
  'run.file-select': 'a file, select and pread',
  'run.file-ring': 'a file, io_uring',
  'run.write': 'write',
  'run.write-sync': 'write with O_SYNC',
  'run.read-uncached': 'read, not cached',
  'run.read-cached': 'read, cached',
  'chart.pipe-fill.title': 'How full the pipe is',
  'chart.pipe-fill.x': 'time of the run',
  'chart.pipe-fill.y': 'bytes in the pipe',
  'chart.wait-cost.title': 'What one wait costs',
  'chart.wait-cost.x': 'idle descriptors',
  'chart.wait-cost.y': 'one wait, with the look at its answer',
  'chart.file-calls.title': 'One call, half of them below',
  'chart.file-calls.x': 'call',
  'chart.file-calls.y': 'time in the call',
  'series.file-calls': 'half of the calls took less',
  'fact.full-pipe.answer':
    'A write blocks when the pipe is full: {writes|write|writes} filled it to {capacity:bytes}, and the next one slept for {slept:time}, until the reader took {freed:bytes}.',
  'fact.full-pipe.woken':
    'From the read that made room to the end of the write that slept: {woken:time}.',
  'fact.full-pipe.refused':
    'With O_NONBLOCK the write does not sleep: {refused|time|times} it came back with EAGAIN.',
  'fact.full-pipe.fifo':
    'A FIFO is the same pipe with a name: full at {capacity:bytes}, asleep for {slept:time}.',
  'fact.edge-trigger.answer':
    'After half of a message was read, level trigger told of the rest {level|time|times}; edge trigger told of it {edge|time|times} in {silent:time}, though {left|byte|bytes} lay there.',
  'fact.edge-trigger.hang':
    'So edge trigger wants reading until nothing is left, and a blocking recv sleeps there: for {hang:time}, until somebody interrupted it. The other client waited {other:time} for its turn.',
  'fact.select-or-poll.answer':
    'Neither, when most are idle: with {idle} idle descriptors one poll took {poll:time} (with {few}: {first:time}), one epoll_wait {epoll:time}: {times} times less.',
  'fact.select-or-poll.select':
    'select costs what poll costs: {select:time} with {idle} idle descriptors.',
  'fact.select-or-poll.refused':
    'Descriptor {fd} was refused: a set of select has {limit} bits, and setting one behind them would write into other memory.',
  'fact.select-or-poll.limit':
    'The curves end early: this process may have {limit} descriptors, all points would need {needed}.',
  'fact.epoll-on-files.answer':
    'epoll refused the file with {code}; select called it ready {ready} of {reads|time|times}, whatever the page cache had.',
  'fact.epoll-on-files.slept':
    'Ready was an empty word: select answered in {wait:time}, and the pread behind it took {read:time}. The thread slept {slept|time|times} in {reads|read|reads}.',
  'fact.epoll-on-files.memory':
    'The temporary folder of this machine lies in memory, so no read slept: one took {read:time}.',
  'fact.epoll-on-files.ring':
    'Through io_uring the caller had its receipt after {submit:time} and was free until the bytes were there, after {complete:time}.',
  'fact.epoll-on-files.no-ring': 'io_uring cannot be shown here: {reason}.',
  'fact.page-cache.answer':
    'Not unless you ask: a write of 4 KiB took {write:time} and was in the page cache then; with O_SYNC it took {sync:time}, {times} times as long, and was on the disk.',
  'fact.page-cache.read':
    'A read of what the cache had took {cached:time}; of what it had not, {uncached:time}, {times} times as long.',
  'fact.page-cache.memory':
    'The temporary folder of this machine lies in memory, so every read finds its bytes there: {cached:time}.',
  'fact.page-cache.slept':
    'In {calls|call|calls} of each kind the thread slept {plain|time|times} for plain writes, {sync|time|times} with O_SYNC, {uncached|time|times} for uncached and {cached|time|times} for cached reads.',
  'series.write': 'write',
  'series.write-sync': 'write, O_SYNC',
  'series.read-uncached': 'read, not cached',
  'series.read-cached': 'read, cached',
  'series.pipe': 'pipe',
  'series.fifo': 'FIFO',
  'scene.asynchronous-or-non-blocking.try':
    'Zoom in on one message of each run, and look who makes the call that brings its bytes.',
  'scene.epoll-sleeps.try': 'Raise the delay: the sleep grows, the CPU time of epoll does not.',
  'scene.would-block.try':
    'Double the delay, and predict how many would-blocks a message costs then.',
  'scene.io-uring-or-epoll.try':
    'Choose the scenario "burst" with more clients: how many completions does one call bring?',
  'scene.who-accepts.try':
    'Compare the three runs: which workers took clients, and which slept through?',
  'scene.threads-or-events.try':
    'Compare the two runs: how many threads sleep for the same eight clients?',
  'scene.synchronous-or-asynchronous.try':
    'Look at the caller while the other thread adds: asleep in recv, or at work of its own.',
  'run.synchronous': 'synchronous: wait for the result',
  'run.asynchronous': 'asynchronous: hold a receipt',
  'run.shared': 'one socket, all are woken',
  'run.exclusive': 'one socket, one is woken',
  'run.reuse-port': 'a socket each (SO_REUSEPORT)',
  'run.events': 'events: clients that are idle',
  'run.threads': 'threads: clients that are idle',
  'series.shared': 'one socket, all woken',
  'series.exclusive': 'one socket, one woken',
  'series.reuse-port': 'a socket each',
  'series.worker-1': 'busiest',
  'series.worker-2': 'second',
  'series.worker-3': 'third',
  'series.worker-4': 'least busy',
  'series.events': 'events (node:net)',
  'series.threads': 'a thread for each client',
  'series.calls-per-message': 'calls for each message',
  'series.held-memory': 'memory held',
  'series.held-epoll': 'epoll: one buffer',
  'series.held-own': 'io_uring: one each',
  'series.held-shared': 'io_uring: shared',
  'chart.accepted.title': 'Connections of each worker',
  'chart.accepted.x': 'worker',
  'chart.accepted.y': 'connections',
  'chart.calls-per-message.title': 'System calls for each message',
  'chart.calls-per-message.x': 'model',
  'chart.calls-per-message.y': 'calls',
  'chart.held-memory.title': 'Memory held by receives that wait',
  'chart.held-memory.x': 'who waits',
  'chart.held-memory.y': 'memory',
  'chart.idle-memory.title': 'Memory of the server',
  'chart.idle-memory.x': 'clients',
  'chart.idle-memory.y': 'resident memory',
  'chart.idle-threads.title': 'Threads of the server',
  'chart.idle-threads.x': 'clients',
  'chart.idle-threads.y': 'threads',
  'chart.loop-delay.title': "How late Node's loop was, 99 % of the time less",
  'chart.loop-delay.x': 'idle clients',
  'chart.loop-delay.y': 'delay',
  'fact.asynchronous-or-non-blocking.answer':
    'They are not the same. {polling} did not block, but it asked {calls} times itself, {blocked} of them for nothing, and copied in {copies|recv|recvs} of its own.',
  'fact.asynchronous-or-non-blocking.receipts':
    '{ring} is asynchronous: the program made {copies|recv|recvs}, held receipts for {operations|operation|operations}, and the kernel did both phases; {calls|call|calls} in all.',
  'fact.epoll-sleeps.answer':
    '{model} is synchronous, and it sleeps: of {length:time} the thread was {slept:time} in {call}, and used {cpu:time} of the CPU ({busy:percent}).',
  'fact.epoll-sleeps.copies':
    'Then the program copied itself, in {copies|recv|recvs}, half of them done within {copy:time} of being woken.',
  'fact.epoll-sleeps.spun':
    '{model} beside it used {cpu:time} of the CPU for the same clients, {busy:percent} of the run.',
  'fact.would-block.answer':
    'EAGAIN says: nothing is there now, ask again. {model} asked {calls} times for {messages|message|messages}, and {blocked} times that was the answer.',
  'fact.would-block.busy':
    'That is {each} would-blocks for each message, and the CPU was busy for {busy:percent} of the run.',
  'fact.io-uring-or-epoll.answer':
    'For the same clients {other} made {more|call|calls} a message, {ring} {fewer}: {operations|operation|operations} went by the ring instead.',
  'fact.io-uring-or-epoll.times':
    'Half of the round trips took {fast:time} with {ring} and {usual:time} with {other}; with so few messages that is mostly the time until a thread wakes.',
  'fact.io-uring-or-epoll.memory':
    '{connections|receive|receives} that wait hold {own:bytes} with a buffer each, {shared:bytes} with {buffers} shared ones; epoll needs {epoll:bytes}, one buffer for whoever is ready.',
  'fact.who-accepts.answer':
    'It depends on how they wait. For {clients|client|clients} the {workers|worker|workers} were put to sleep and woken {shared|time|times} on a shared socket that wakes all, {exclusive|time|times} where one of them is woken, {reuse|time|times} with a socket each.',
  'fact.who-accepts.shared':
    'One socket, all woken: the busiest worker took {most|connection|connections}, the least busy {least}; {inVain|time|times} accept4 found that another one was faster.',
  'fact.who-accepts.exclusive':
    'One socket, one woken: the busiest worker took {most|connection|connections}, the least busy {least}; {inVain|time|times} accept4 found nobody.',
  'fact.who-accepts.reuse-port':
    'A socket each, among which the kernel shares clients out by their addresses: {most|connection|connections} at most, {least} at least; {inVain|time|times} accept4 found nobody.',
  'fact.threads-or-events.answer':
    'One thread waits for everybody: with {clients} idle clients the server had {threads|thread|threads}, with {few} it had {before}. Each idle client cost {each:bytes} of memory.',
  'fact.threads-or-events.loop':
    'For 99 % of the time the loop was less than {delay:time} late with {clients} idle clients, less than {before:time} with {few}; a round trip beside them took {roundTrip:time}, with {few} {first:time}.',
  'fact.threads-or-events.threads':
    'A thread for each client: {clients|client|clients} had {threads|thread|threads} and {memory:bytes}, {each:bytes} for each of them.',
  'fact.threads-or-events.limit':
    'The curve ends early: this process may have {limit} descriptors, all points would need {needed}.',
  'fact.synchronous-or-asynchronous.answer':
    'Synchronous: {first} + {second} = {sum} came back after {total:time}, and the caller slept until then and did {pieces|piece|pieces} of work of its own.',
  'fact.synchronous-or-asynchronous.receipt':
    'Asynchronous: the receipt was there after {free:time}, the sum {sum} in it after {total:time}; in between the caller did {pieces|piece|pieces} of work of its own.',
  'fact.synchronous-or-asynchronous.no-ring':
    'The asynchronous half needs io_uring, which cannot be used here: {reason}.',
} as const;
