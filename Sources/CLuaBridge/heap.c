// A large heap in huge pages.
//
// fork copies an entry for each resident page, and the child's end takes them away again: some 30 ns for 4 KiB or for
// 2 MiB. With half a gigabyte of heap in small pages that is 20 ms for each child, in huge ones less than 2. What is
// written to afterwards, by parent or child, is copied in small pages as ever: the kernel splits a huge one for that.
//
// The kernel gives a huge page where it is asked to (madvise) before the first of its 2 MiB is touched; and it only adds a
// new part of the heap to the old mapping, which a huge page across the seam needs, if the new part is untouched and both
// are advised alike. But the C library extends the heap when a block does not fit any more, and puts that block across the
// seam. So the allocator watches for blocks near the end, and has the heap extended a little earlier, with a block that
// ends where the heap did. The 2 MiB around the seam have small pages then; they are put together when they are full. So
// that few pages lie before the first boundary of huge ones, the heap begins a little before one.
//
// Where a parent writes while it has a child, the kernel splits a huge page: nearly always the one with the youngest objects.
//
// All of it is advice: where the kernel does not take it, or the system says "never", there are small pages. Small heaps
// are left alone, as a huge page may hold little more than nothing. So are the heaps of children: most live for a moment,
// and clearing 2 MiB for some hundred objects takes longer than their work.
//
// Not everything is seen: a block that begins before what is watched for and reaches beyond is noticed with the next one, and
// a heap that has become smaller when as much has been freed again. There are small pages then until they are put together.
#include "heap.h"

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum : size_t {
    MIB = 1 << 20,
    HUGE_PAGE = 2 * MIB,
    /// The size from which a heap is large.
    LARGE_HEAP = 4 * MIB,
    LEAST_STEP = 4 * MIB,
    MOST_STEP = 16 * MIB,
    /// How much of it may lie before its first huge page.
    MOST_BEFORE = MIB / 4,
    /// How far from its end the heap is extended.
    MARGIN = MIB / 4,
};

uintptr_t cluabridge_heap_watch = CLUABRIDGE_HEAP_UNWATCHED;
size_t cluabridge_heap_freed;

static struct heap {
    /// 0 where there are to be no huge pages.
    uintptr_t start;
    /// From here on there may be small pages.
    uintptr_t unfinished;
    /// As it was left, 0 while it is small.
    uintptr_t end;
    /// How much it grows by.
    size_t step;
} heap;

static uintptr_t heap_end(void) { return (uintptr_t)sbrk(0); }

static uintptr_t down(uintptr_t address, size_t unit) { return address & ~(uintptr_t)(unit - 1); }

static uintptr_t up(uintptr_t address, size_t unit) { return down(address + unit - 1, unit); }

/// Asks for huge pages from now on.
static void advise(uintptr_t start, uintptr_t end) {
    if (start < end) madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/// Puts what is in small pages together.
static void collapse(uintptr_t start, uintptr_t end) {
    start = up(start, HUGE_PAGE);
    end = down(end, HUGE_PAGE);
    if (start < end) madvise((void *)start, end - start, MADV_COLLAPSE);
}

/// Whether the system allows them. (Putting small pages together would not ask.)
static bool is_allowed(void) {
    char setting[64] = "[never]";
    int file = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t length = read(file, setting, sizeof setting - 1);
    if (length > 0) setting[length] = 0;
    close(file);
    return strstr(setting, "[never]") == NULL;
}

static void leave_alone(void) {
    heap = (struct heap){0};
    cluabridge_heap_watch = CLUABRIDGE_HEAP_UNWATCHED;
}

/// Leaves room, which nobody touches, so that little of the heap lies before the first boundary of huge pages.
static void align(void) {
    uintptr_t end = heap_end(), boundary = up(end, HUGE_PAGE);
    if (boundary - end > MOST_BEFORE) sbrk((intptr_t)(boundary - MOST_BEFORE - end));
}

void cluabridge_use_huge_pages(void) {
    align();
    uintptr_t start = up(heap_end(), (size_t)sysconf(_SC_PAGESIZE));
    heap = (struct heap){.start = start, .unfinished = start};
    cluabridge_heap_watch = start + LARGE_HEAP;
}

void cluabridge_inherit_huge_pages(void) {
    if (heap.end != 0) madvise((void *)heap.start, heap_end() - heap.start, MADV_NOHUGEPAGE);
    leave_alone();
}

/// How large the free piece at the end of the heap is, if `block` is the last one before it; else 0. A piece has its size in
/// front, after as many bytes that belong to the one before.
static size_t left_behind(uintptr_t block, uintptr_t end) {
    uintptr_t block_end = block + malloc_usable_size((void *)block);
    if (block_end + sizeof(size_t) > end) return 0;
    size_t left = *(size_t *)block_end & ~(size_t)7;
    return block_end - sizeof(size_t) + left == end ? left : 0;
}

/// Tells the C library how much the heap is to grow by.
static void set_step(size_t size) {
    size_t step = up(size / 4, HUGE_PAGE);
    if (step < LEAST_STEP) step = LEAST_STEP;
    if (step > MOST_STEP) step = MOST_STEP;
    if (step == heap.step) return;
    heap.step = step;
    mallopt(M_TOP_PAD, (int)step);
    // What has become free at the end goes back when it is more than a step.
    mallopt(M_TRIM_THRESHOLD, (int)(2 * step));
    // Having been told one of its sizes, the C library adapts the others no more.
    mallopt(M_MMAP_THRESHOLD, CLUABRIDGE_LARGE_BLOCK);
}

/// Watches for blocks near the end of the heap, or from `first` on if that comes before.
static void watch_end(uintptr_t first) {
    cluabridge_heap_watch = heap.end - MARGIN;
    if (first < cluabridge_heap_watch) cluabridge_heap_watch = first;
}

/// A block lies near the end of the heap, or where it counts as large.
static void extend(uintptr_t block, uintptr_t end) {
    if (heap.end == 0 && !is_allowed()) return leave_alone();
    if (end == heap.end && block < end - MARGIN) {
        // The seam is full.
        collapse(heap.unfinished, heap.unfinished + HUGE_PAGE);
        heap.unfinished += HUGE_PAGE;
        return watch_end(UINTPTR_MAX);
    }
    size_t left = left_behind(block, end);
    bool is_last = left >= 4 * sizeof(size_t) && left <= MARGIN;
    if (end != heap.end) advise(heap.start, end);  // It grew by itself.
    set_step(end - heap.start);
    if (is_last) {
        // Larger than what is left, but by less than what a piece takes besides: nothing behind the old end is touched.
        // Volatile: else the compiler does without both calls.
        void *volatile piece = malloc(left - 3 * sizeof(size_t));
        free(piece);
    }
    uintptr_t new_end = heap_end();
    if (new_end == heap.end) {
        // The block, or the piece, was an older one that is used again.
        cluabridge_heap_watch = block + malloc_usable_size((void *)block);
        return;
    }
    advise(end, new_end);
    collapse(heap.unfinished, end);
    heap.unfinished = down(end, HUGE_PAGE);
    heap.end = new_end;
    // Until the pages around the seam are full, and can be put together.
    watch_end(heap.unfinished + HUGE_PAGE);
}

void cluabridge_heap_grew(uintptr_t block, size_t size) {
    if (heap.start == 0) return;
    uintptr_t end = heap_end();
    if (block >= heap.start && block < end) {
        if (block >= cluabridge_heap_watch) extend(block, end);
    } else if (size >= CLUABRIDGE_LARGE_BLOCK) {
        // In a mapping of its own. All of it: the C library moves it as one, when it grows.
        size_t page = (size_t)sysconf(_SC_PAGESIZE);
        advise(down(block, page), up(block + size, page));
    }
}

void cluabridge_heap_shrank(void) {
    cluabridge_heap_freed = 0;
    uintptr_t end = heap_end();
    if (heap.end == 0 || end >= heap.end) return;
    heap.end = end;
    if (heap.unfinished > end) heap.unfinished = down(end, HUGE_PAGE);
    cluabridge_heap_watch = end - MARGIN;
}
