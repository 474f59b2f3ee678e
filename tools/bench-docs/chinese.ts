/** docs/BENCHMARKS.zh-CN.md: the same page in Chinese. */
import type { Wording } from './page.ts';

export const CHINESE: Wording = {
  titles: {
    model: '模型',
    rate: '消息/秒',
    megabytes: 'MB/秒',
    ratio: '比值',
    cost: '开销',
    calls: '系统调用',
    switches: '上下文切换',
    memory: '每连接字节',
    cpu: 'CPU 微秒',
  },
  opening: (baseline) => `# 基准测试

[English](BENCHMARKS.md) · [全部模型与描述符](README.zh-CN.md) · [如何测量](bench.zh-CN.md)

本页由 \`npm run bench:docs\` 生成：它在每种负载下测量每个模型，大约需要 20 分钟。这些数字属于某一天的某一台机器。
能够带到别的机器上的是比值：同一轮中的每秒消息数除以 \`${baseline}\` 的每秒消息数。`,
  machineHeading: '## 机器',
  pinned: (server, load) => `服务器在核心 ${server}，负载在核心 ${load}`,
  notPinned: '服务器和负载没有固定在核心上',
  rounds: (rounds, durationMs) => `${rounds} 轮，每轮 ${durationMs} 毫秒，每轮都启动新的服务器`,
  load: (average) => `开始时的平均负载为 ${average}`,
  readingHeading: '## 如何阅读',
  reading: `**比值**：各轮比值的中位数；方括号里是另一次运行的中位数在二十次中有十九次会落入的范围。**开销**：每条消息的 CPU 时间的同样比值，越小越好；
在繁忙的机器上它比速率更稳定。**系统调用**、**上下文切换**和 **EAGAIN** 是服务器处理每条消息所用的次数。模型名后面的数字是它能同时服务的客户数：
不管该负载有多少连接，测量它时最多用这么多客户。\`~\` 标出各轮相差超过四分之一的行。`,
  workloads: {
    'ping-pong': '一条连接，64 字节往返：只取决于唤醒一个睡眠的线程有多快。',
    small: '50 条连接，每条消息 64 字节。',
    many: '500 条连接，每条消息 64 字节：同时就绪的更多，一批之中每条的开销更小。',
    bulk: '50 条连接，每条消息 64 KiB：内核的拷贝比等待的方式更重要。',
    churn: '同时 50 个客户，各自连接、发送 64 字节、关闭：接受和关闭连接。',
    'slow-clients':
      '200 条连接，合计每秒 1,000 条消息：谁也没有到达极限，所以看开销和延迟，而不是速率。',
    pipelined: '50 条连接，每条上同时有 16 条消息在途：许多消息分摊一次调用。',
  },
  idleText: `10 条活跃连接，旁边是越来越多沉默的连接。逐个询问所有描述符的模型开销不断上升；由内核告知就绪者的模型保持平坦。
圆括号里是实际打开的数量：该模型在此到达上限。`,
  idleCpu: '**每条消息的 CPU 微秒**',
  idleRatio: '**比值**',
  idleMemory: '**每条沉默连接占用的内存字节**（进程之内；内核自己的另计）',
  noiseHeading: '## 噪声',
  noise: ({ rows, noisy, typicalPercent, worstPercent }) =>
    `${rows} 行中有 ${noisy} 行噪声较大。半数区间的上端超出比值不到 ${typicalPercent} %，最宽的为 ${worstPercent} %。区间重叠的两个模型，这次运行不能分出高下。`,
  lossHeading: '## 何处得不偿失',
  noLoss: '没有任何一行中的模型以超出噪声的幅度不如基线或更简单的模型。',
  lossText: '以下各行的整个区间都不如基线或某个更容易使用的模型：',
  loss: ({ by, where, model, value, to, toValue }) =>
    `- \`${where}\`：\`${model}\` 的${by === 'ratio' ? '比值' : '开销'}为 ${value}，\`${to}\` 为 ${toValue}`,
  limitsHeading: '## 它没有说明什么',
  limits: `- 网络。一切都经过回环设备，每条消息的大部分时间是内核的 TCP 代码，对所有模型都一样。
- 你的程序。回显在接收和发送之间什么也不做；你的程序做得越多，模型就越不重要。
- 多个核心。每个服务器都固定在一个核心上；\`--workers\` 和更多核心的效果不在此测量。
- 长时间运行。一轮不到一秒：没有内存碎片，也没有大堆的垃圾回收。
- 处于最佳状态的阻塞模型：测量时客户数等于工作线程（或进程）数，而且全都在忙。
- 系统调用来自被跟踪的一次运行，时序有所不同。这对 \`non-blocking\` 有影响：有多少时间它就做多少次调用；
  在各轮之中统计的 EAGAIN 一栏说明了有多少次。每条连接的内存来自一次采样。`,
};
