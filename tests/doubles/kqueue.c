/*
 * A double of kqueue(2) and kevent(2) on Linux, for tests that run where no BSD kernel is at hand.
 *
 *   cc -O1 -shared -fPIC -DKEVENT_ABI_darwin kqueue.c -o kqueue-darwin.so     (or _freebsd, _netbsd)
 *   LD_PRELOAD=$PWD/kqueue-darwin.so POLYIO_KEVENT_ABI=darwin node ...
 *
 * Facts it rests on:
 * - A kqueue is an epoll instance here, so that its descriptor is pollable and queues nest, as on a
 *   BSD. A registration (a "knote") is one entry of that instance.
 * - epoll knows one entry per number, kqueue one per number and filter. READ is entered under the
 *   number itself, the other filters of a descriptor under a duplicate of it, high up where the
 *   program under test does not look for numbers.
 * - On a BSD a knote dies with the number it watches, whatever duplicates there are. So close(2) is
 *   replaced, too.
 * - A BSD tells a socket's pending error without taking it. Linux has no such call: the error is
 *   taken and put back for the calls that would have found it, which are replaced for that. A
 *   datagram socket, which has nothing but its error to be ready for, is therefore told of once.
 *
 * What it cannot show: VNODE, PROC, SIGNAL, regular files and low-water marks are refused; the order
 * of a batch, the fairness among knotes, what WRITE says of a buffer's room, and everything that a
 * BSD kernel does otherwise than Linux below the sockets, are Linux's own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <linux/sockios.h>

/* ---- the three forms of <sys/event.h> ---- */

#define NONE 0x7fff /* no filter of any system has this number */

#if defined KEVENT_ABI_darwin
typedef struct {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  int64_t data;
  void *udata;
} event_t;
typedef int count_t;
enum { READ = -1, WRITE = -2, TIMER = -7, USER = -10, EXCEPT = -15, NOTE_OOB = 2 };
enum { SECONDS = 1, MILLISECONDS = 0, MICROSECONDS = 2, NANOSECONDS = 4, ABSOLUTE = 8 };
#define KEVENT kevent
#elif defined KEVENT_ABI_freebsd
typedef struct {
  uintptr_t ident;
  int16_t filter;
  uint16_t flags;
  uint32_t fflags;
  int64_t data;
  void *udata;
  uint64_t ext[4];
} event_t;
typedef int count_t;
enum { READ = -1, WRITE = -2, TIMER = -7, USER = -11, EXCEPT = NONE, NOTE_OOB = 0 };
enum { SECONDS = 1, MILLISECONDS = 2, MICROSECONDS = 4, NANOSECONDS = 8, ABSOLUTE = 16 };
#define KEVENT kevent
#elif defined KEVENT_ABI_netbsd
typedef struct {
  uintptr_t ident;
  uint32_t filter;
  uint32_t flags;
  uint32_t fflags;
  int64_t data;
  void *udata;
} event_t;
typedef size_t count_t;
enum { READ = 0, WRITE = 1, TIMER = 6, USER = 8, EXCEPT = NONE, NOTE_OOB = 0 };
enum { SECONDS = 1, MILLISECONDS = 0, MICROSECONDS = 2, NANOSECONDS = 3, ABSOLUTE = 16 };
#define KEVENT __kevent50
#else
#error "name the system: -DKEVENT_ABI_darwin, -DKEVENT_ABI_freebsd or -DKEVENT_ABI_netbsd"
#endif

enum {
  EV_ADD = 0x1,
  EV_DELETE = 0x2,
  EV_ENABLE = 0x4,
  EV_DISABLE = 0x8,
  EV_ONESHOT = 0x10,
  EV_CLEAR = 0x20,
  EV_RECEIPT = 0x40,
  EV_DISPATCH = 0x80,
  EV_ERROR = 0x4000,
  EV_EOF = 0x8000,
  NOTE_LOWAT = 1,
  NOTE_TRIGGER = 0x1000000,
  NOTE_FFLAGS = 0xffffff,
};

/* ---- who is registered ---- */

enum { BUCKETS = 1024, BATCH_MAX = 512, HIGH = 32768, ERRORS = 1 << 20 };

typedef struct knote {
  struct knote *next; /* in its bucket */
  int queue;
  int entry;      /* the number under which it stands in the queue's instance */
  bool is_listed; /* false while it is disabled */
  uint32_t slot;
  uint32_t serial;
  event_t event;
} knote_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static knote_t *buckets[BUCKETS];
/* What an event of epoll carries is a slot and the serial of its knote: a pointer could dangle. */
static knote_t **slots;
static uint32_t slot_count;
static uint32_t last_serial;
/* Numbers of the queues that are open. */
static bool *is_queue;
static int is_queue_count;
/* By number: an error that was taken from a socket to be told, and is to be found again. */
static int taken_errors[ERRORS];
/* A child that has not executed its program yet closes numbers of its own, not the parent's. */
static pid_t owner;

static int (*real_close)(int);
static ssize_t (*real_recv)(int, void *, size_t, int);
static ssize_t (*real_send)(int, const void *, size_t, int);
static int (*real_getsockopt)(int, int, int, void *, socklen_t *);

__attribute__((constructor)) static void begin(void) {
  real_close = dlsym(RTLD_NEXT, "close");
  real_recv = dlsym(RTLD_NEXT, "recv");
  real_send = dlsym(RTLD_NEXT, "send");
  real_getsockopt = dlsym(RTLD_NEXT, "getsockopt");
  owner = getpid();
}

static bool is_about_fd(int filter) {
  return filter == READ || filter == WRITE || filter == EXCEPT;
}

static bool is_open_queue(int fd) {
  return fd >= 0 && fd < is_queue_count && is_queue[fd];
}

static knote_t **find(int queue, int filter, uintptr_t ident) {
  knote_t **place = &buckets[ident % BUCKETS];
  while (*place != NULL) {
    event_t *event = &(*place)->event;
    if ((*place)->queue == queue && (int)event->filter == filter && event->ident == ident) break;
    place = &(*place)->next;
  }
  return place;
}

/* Takes a slot for a knote; false without memory. */
static bool take_slot(knote_t *note) {
  for (uint32_t slot = 0; slot < slot_count; slot++) {
    /* The slots are few while a test is small, and the search starts where the last one ended. */
    static uint32_t hint;
    uint32_t candidate = (hint + slot) % slot_count;
    if (slots[candidate] != NULL) continue;
    hint = candidate + 1;
    slots[candidate] = note;
    note->slot = candidate;
    return true;
  }
  uint32_t larger = slot_count == 0 ? 64 : slot_count * 2;
  knote_t **grown = realloc(slots, larger * sizeof *slots);
  if (grown == NULL) return false;
  memset(grown + slot_count, 0, (larger - slot_count) * sizeof *slots);
  slots = grown;
  note->slot = slot_count;
  slots[slot_count] = note;
  slot_count = larger;
  return true;
}

static uint32_t mask_of(const knote_t *note) {
  int filter = (int)note->event.filter;
  uint32_t mask = EPOLLIN;
  if (filter == READ) mask |= EPOLLRDHUP;
  if (filter == WRITE) mask = EPOLLOUT;
  if (filter == EXCEPT) mask = EPOLLPRI;
  return is_about_fd(filter) && (note->event.flags & EV_CLEAR) ? mask | EPOLLET : mask;
}

/* Changing an entry makes epoll look at it anew, as EV_ADD of a known knote does on a BSD. */
static int list(knote_t *note, int operation) {
  struct epoll_event entry = {
      .events = mask_of(note),
      .data.u64 = (uint64_t)note->serial << 32 | note->slot,
  };
  if (epoll_ctl(note->queue, operation, note->entry, &entry) < 0) return errno;
  note->is_listed = operation != EPOLL_CTL_DEL;
  return 0;
}

static void drop(knote_t **place) {
  knote_t *note = *place;
  *place = note->next;
  if (note->is_listed) list(note, EPOLL_CTL_DEL);
  if (!((int)note->event.filter == READ)) real_close(note->entry);
  slots[note->slot] = NULL;
  free(note);
}

static void drop_in_bucket(uint32_t bucket, int queue, int fd) {
  knote_t **place = &buckets[bucket];
  while (*place != NULL) {
    knote_t *note = *place;
    bool is_gone = note->queue == queue ||
                   (is_about_fd((int)note->event.filter) && (int)note->event.ident == fd);
    if (is_gone) drop(place);
    else place = &note->next;
  }
}

/* ---- registering ---- */

/* A duplicate high up, so that the numbers which the program gets are those of a BSD. */
static int lift(int fd) {
  if (fd < 0) return fd;
  int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
  return high >= 0 ? high : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* The same for a number that was opened here and is not needed any more below. */
static int lift_own(int fd) {
  int high = lift(fd);
  if (high < 0) return fd;
  real_close(fd);
  return high;
}

static int open_entry(const event_t *event) {
  if ((int)event->filter == READ) return (int)event->ident;
  if (is_about_fd((int)event->filter)) return lift((int)event->ident);
  if ((int)event->filter == USER) return lift_own(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  clockid_t clock = event->fflags & ABSOLUTE ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  return lift_own(timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC));
}

static int set_timer(const knote_t *note, const event_t *change) {
  uint32_t unit = change->fflags & 15 & ~(uint32_t)ABSOLUTE;
  int64_t factor = 1000000;
  if (unit == SECONDS) factor = 1000000000;
  else if (unit == MICROSECONDS) factor = 1000;
  else if (unit == NANOSECONDS) factor = 1;
  else if (unit != MILLISECONDS && unit != 0) return EINVAL;
  if (change->data < 0) return EINVAL;
  int64_t time = change->data * factor;
  if (time < 1) time = 1;
  struct itimerspec when = {.it_value = {time / 1000000000, time % 1000000000}};
  bool is_absolute = change->fflags & ABSOLUTE;
  bool is_once = is_absolute || (note->event.flags & EV_ONESHOT);
  if (!is_once) when.it_interval = when.it_value;
  int flags = is_absolute ? TFD_TIMER_ABSTIME : 0;
  return timerfd_settime(note->entry, flags, &when, NULL) < 0 ? errno : 0;
}

static void touch_user(knote_t *note, const event_t *change) {
  uint32_t value = change->fflags & NOTE_FFLAGS;
  switch (change->fflags >> 30) {
    case 1: note->event.fflags &= value; break;
    case 2: note->event.fflags |= value; break;
    case 3: note->event.fflags = value; break;
  }
  uint64_t one = 1;
  if (change->fflags & NOTE_TRIGGER) (void)!write(note->entry, &one, sizeof one);
}

/* Why a number cannot be watched, or 0. */
static int refusal_of(int queue, const event_t *change) {
  int fd = (int)change->ident;
  struct stat stat;
  if (fstat(fd, &stat) < 0) return EBADF;
  if (S_ISREG(stat.st_mode) || S_ISDIR(stat.st_mode)) return EOPNOTSUPP;
  if (change->fflags & NOTE_LOWAT) return EOPNOTSUPP;
  /* A pipe that nobody reads is not watched for writing: the kernel says so at once. */
  struct pollfd ask = {.fd = fd, .events = POLLOUT};
  bool is_new = (change->flags & EV_ADD) && (int)change->filter == WRITE && S_ISFIFO(stat.st_mode);
  if (is_new && poll(&ask, 1, 0) > 0 && (ask.revents & POLLERR)) return EPIPE;
  if (is_open_queue(fd) && (fd == queue || (int)change->filter != READ)) return EINVAL;
  return 0;
}

static int create(int queue, const event_t *change) {
  knote_t *note = calloc(1, sizeof *note);
  if (note == NULL) return ENOMEM;
  note->queue = queue;
  note->event = *change;
  note->event.flags &= EV_ADD | EV_ONESHOT | EV_CLEAR | EV_DISPATCH;
  note->serial = ++last_serial;
  if ((int)change->filter == USER) note->event.fflags = 0;
  note->entry = open_entry(change);
  if (note->entry < 0) {
    free(note);
    return EMFILE;
  }
  if (!take_slot(note)) {
    if ((int)change->filter != READ) real_close(note->entry);
    free(note);
    return ENOMEM;
  }
  knote_t **place = &buckets[change->ident % BUCKETS];
  note->next = *place;
  *place = note;
  int error = (int)change->filter == TIMER ? set_timer(note, change) : 0;
  if (error == 0) error = list(note, EPOLL_CTL_ADD);
  if (error == 0 && (change->flags & EV_DISABLE)) list(note, EPOLL_CTL_DEL);
  if (error != 0) drop(place);
  return error;
}

static int change_known(knote_t *note, const event_t *change) {
  int filter = (int)note->event.filter;
  if (change->flags & EV_ADD) {
    note->event.udata = change->udata;
    if (filter == TIMER) {
      int error = set_timer(note, change);
      if (error != 0) return error;
    }
    if (note->is_listed) list(note, EPOLL_CTL_MOD);
  }
  bool is_off = change->flags & EV_DISABLE;
  bool is_on = change->flags & (EV_ENABLE | EV_ADD);
  if (is_off && note->is_listed) return list(note, EPOLL_CTL_DEL);
  if (!is_off && is_on && !note->is_listed) return list(note, EPOLL_CTL_ADD);
  return 0;
}

static int apply(int queue, const event_t *change) {
  int filter = (int)change->filter;
  bool is_known_filter = is_about_fd(filter) || filter == TIMER || filter == USER;
  if (!is_known_filter || filter == NONE) return EINVAL;
  int refusal = is_about_fd(filter) ? refusal_of(queue, change) : 0;
  if (refusal != 0) return refusal;
  knote_t **place = find(queue, filter, change->ident);
  if (change->flags & EV_DELETE) {
    if (*place == NULL) return ENOENT;
    drop(place);
    return 0;
  }
  int error;
  if (*place != NULL) error = change_known(*place, change);
  else if (change->flags & EV_ADD) error = create(queue, change);
  else return ENOENT;
  if (error == 0 && filter == USER) touch_user(*find(queue, filter, change->ident), change);
  return error;
}

/* ---- what happened ---- */

/* The error of a socket, which its owner finds all the same. */
static int error_of(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (real_getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return 0;
  if (fd >= ERRORS) return error;
  if (error != 0) __atomic_store_n(&taken_errors[fd], error, __ATOMIC_RELAXED);
  return __atomic_load_n(&taken_errors[fd], __ATOMIC_RELAXED);
}

/* Bytes to read; connections to accept. */
static int64_t waiting_in(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  bool is_socket = real_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
  if (is_socket && listens) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    bool is_tcp = real_getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0;
    return is_tcp && info.tcpi_unacked > 0 ? info.tcpi_unacked : 1;
  }
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 1;
}

/* Bytes that a write would take. */
static int64_t room_in(int fd) {
  int size = 0, used = 0;
  socklen_t length = sizeof size;
  if (real_getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0) {
    ioctl(fd, SIOCOUTQ, &used);
  } else {
    size = fcntl(fd, F_GETPIPE_SZ);
    ioctl(fd, FIONREAD, &used);
  }
  return size - used > 0 ? size - used : 1;
}

/* Describes an event in `told`; false when it is gone by now. */
static bool tell(knote_t *note, uint32_t happened, event_t *told) {
  *told = note->event;
  told->data = 0;
  uint64_t count = 0;
  int filter = (int)note->event.filter;
  if (filter == TIMER || filter == USER) {
    bool is_taken = filter == TIMER || (note->event.flags & EV_CLEAR);
    if (is_taken && read(note->entry, &count, sizeof count) != sizeof count) return false;
    if (filter == TIMER) told->data = (int64_t)count;
    return true;
  }
  int fd = (int)note->event.ident;
  told->fflags = 0;
  if (filter == READ) told->data = waiting_in(fd);
  if (filter == WRITE) told->data = room_in(fd);
  if (filter == EXCEPT && (happened & EPOLLPRI)) told->fflags = NOTE_OOB;
  if (happened & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    told->flags |= EV_EOF;
    if (filter != EXCEPT) told->fflags = (uint32_t)error_of(fd);
  }
  return true;
}

static int collect(int queue, event_t *events, int room, int timeout) {
  struct epoll_event happened[BATCH_MAX];
  int count = epoll_wait(queue, happened, room < BATCH_MAX ? room : BATCH_MAX, timeout);
  int told = 0;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < count; i++) {
    uint32_t slot = (uint32_t)happened[i].data.u64;
    knote_t *note = slot < slot_count ? slots[slot] : NULL;
    if (note == NULL || note->serial != happened[i].data.u64 >> 32) continue;
    if (!tell(note, happened[i].events, &events[told])) continue;
    told++;
    if (note->event.flags & EV_ONESHOT)
      drop(find(queue, (int)note->event.filter, note->event.ident));
    else if (note->event.flags & EV_DISPATCH) list(note, EPOLL_CTL_DEL);
  }
  pthread_mutex_unlock(&lock);
  return count < 0 ? count : told;
}

/* ---- the calls ---- */

int kqueue(void) {
  int fd = epoll_create1(0);
  if (fd < 0) return fd;
  pthread_mutex_lock(&lock);
  if (fd >= is_queue_count) {
    int larger = fd + 64;
    bool *grown = realloc(is_queue, (size_t)larger);
    if (grown != NULL) {
      memset(grown + is_queue_count, 0, (size_t)(larger - is_queue_count));
      is_queue = grown;
      is_queue_count = larger;
    }
  }
  bool has_room = fd < is_queue_count;
  if (has_room) is_queue[fd] = true;
  pthread_mutex_unlock(&lock);
  if (has_room) return fd;
  real_close(fd);
  errno = ENOMEM;
  return -1;
}

static int64_t now_in_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int KEVENT(int queue, const event_t *changes, count_t change_count, event_t *events,
           count_t room, const struct timespec *timeout) {
  int answers = 0;
  pthread_mutex_lock(&lock);
  if (!is_open_queue(queue)) {
    pthread_mutex_unlock(&lock);
    errno = EBADF;
    return -1;
  }
  for (count_t i = 0; i < change_count; i++) {
    /* A copy: both lists may be the same memory. */
    event_t change = changes[i];
    int error = apply(queue, &change);
    if (error == 0 && !(change.flags & EV_RECEIPT)) continue;
    if (answers >= (int)room) {
      if (error == 0) continue;
      pthread_mutex_unlock(&lock);
      errno = error;
      return -1;
    }
    change.flags |= EV_ERROR;
    change.data = error;
    events[answers++] = change;
  }
  pthread_mutex_unlock(&lock);
  /* With an answer in the list the call does not wait, nor look at what happened. */
  if (answers > 0 || room == 0) return answers;
  int64_t left = -1, deadline = 0;
  if (timeout != NULL) {
    left = timeout->tv_sec * 1000LL + (timeout->tv_nsec + 999999) / 1000000;
    deadline = now_in_ms() + left;
  }
  for (;;) {
    int told = collect(queue, events, (int)room, left > INT32_MAX ? INT32_MAX : (int)left);
    if (told != 0 || left == 0) return told;
    if (timeout == NULL) continue;
    left = deadline - now_in_ms();
    if (left <= 0) return 0;
  }
}

int close(int fd) {
  if (fd >= 0 && owner == getpid()) {
    pthread_mutex_lock(&lock);
    if (is_open_queue(fd)) {
      is_queue[fd] = false;
      for (uint32_t bucket = 0; bucket < BUCKETS; bucket++) drop_in_bucket(bucket, fd, fd);
    } else {
      drop_in_bucket((uint32_t)fd % BUCKETS, -1, fd);
    }
    if (fd < ERRORS) __atomic_store_n(&taken_errors[fd], 0, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
  }
  return real_close(fd);
}

/* ---- the calls that find an error which was told before ---- */

static int take_back(int fd) {
  if (fd < 0 || fd >= ERRORS) return 0;
  return __atomic_exchange_n(&taken_errors[fd], 0, __ATOMIC_RELAXED);
}

ssize_t recv(int fd, void *buffer, size_t size, int flags) {
  ssize_t result = real_recv(fd, buffer, size, flags);
  int error = result == 0 && size > 0 ? take_back(fd) : 0;
  if (error == 0) return result;
  errno = error;
  return -1;
}

ssize_t send(int fd, const void *buffer, size_t size, int flags) {
  ssize_t result = real_send(fd, buffer, size, flags);
  if (result >= 0 || errno != EPIPE) return result;
  int error = take_back(fd);
  errno = error == 0 ? EPIPE : error;
  return result;
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *size) {
  int result = real_getsockopt(fd, level, name, value, size);
  bool is_error = result == 0 && level == SOL_SOCKET && name == SO_ERROR && *size == sizeof(int);
  if (is_error && *(int *)value == 0) *(int *)value = take_back(fd);
  return result;
}
