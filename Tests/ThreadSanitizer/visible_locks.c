// Shows Swift's Mutex to ThreadSanitizer on Linux.
//
// `Synchronization.Mutex` takes an uncontended lock in code that the compiler inlines, which ThreadSanitizer sees. A
// contended one is taken and given back inside libswiftSynchronization.so, which is not instrumented: every value behind a
// busy lock would be reported as a race. These two functions stand before the library's and tell the sanitizer what
// happens; they hide nothing, since they speak only of the lock that is really taken. (A suppression list was rejected:
// it would name the very closures that run under the lock, and so hide true races too.)
//
//   clang -shared -fPIC -O1 -o visible_locks.so visible_locks.c -ldl
//   LD_PRELOAD=$PWD/visible_locks.so <the test executable> --testing-library swift-testing --filter PenstockEngineTests

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

typedef SWIFT void (*lock_function)(uint32_t, SELF void *);
typedef SWIFT void (*unlock_function)(SELF void *);

// Present only in an executable that was built with --sanitize=thread.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

// Synchronization._MutexHandle._lockSlow(UInt32) and ._unlockSlow(), as Swift 6.3 names them.
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void penstock_lock_slow(uint32_t word, SELF void *mutex) __asm__(LOCK_SLOW);
SWIFT void penstock_unlock_slow(SELF void *mutex) __asm__(UNLOCK_SLOW);

SWIFT void penstock_lock_slow(uint32_t word, SELF void *mutex) {
    static lock_function original;
    if (!original) original = (lock_function)dlsym(RTLD_NEXT, LOCK_SLOW);
    original(word, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void penstock_unlock_slow(SELF void *mutex) {
    static unlock_function original;
    if (!original) original = (unlock_function)dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(mutex);
    original(mutex);
}
