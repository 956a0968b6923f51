/* NVIDIA's driver library, as far as version, devices and errors go; what it says is chosen by variables.
 *
 *   STUB_CUDA_VERSION       what cuDriverGetVersion tells: 12040 (the default) is CUDA 12.4
 *   STUB_CUDA_INIT          what cuInit answers: 0, or an error (34, 35, 46, 100, 101, 304, 802, 803, 804, 999)
 *   STUB_CUDA_NAMES         the names of the GPUs with a bar between them, so as many GPUs as names; one by default
 *   STUB_CUDA_CAPABILITIES  theirs, `8.6|12.0`
 *   STUB_CUDA_CRASH         a function that segfaults
 *   STUB_CUDA_HANG          a function that does not return
 *   CUDA_VISIBLE_DEVICES    numbers as for the real one: counted up to the first that is none of a GPU
 *
 * A real libcudart asks this for functions by cuGetProcAddress, and passes its errors on. It goes no further than that:
 * where all is well it wants tables that are known to NVIDIA alone.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NO_DEVICE = 100, BAD_DEVICE = 101, NOT_FOUND = 500, NOT_SUPPORTED = 801 };
enum { MAJOR = 75, MINOR = 76 };
enum { MOST = 64 };

static const char *told(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static int number(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value && *value ? atoi(value) : otherwise;
}

static int named(const char *variable, const char *function) {
    return !strcmp(told(variable, ""), function);
}

static void fate(const char *function) {
    if (named("STUB_CUDA_CRASH", function)) *(volatile int *)8 = 1;
    while (named("STUB_CUDA_HANG", function)) sleep(60);
}

/* The piece of a list with bars that stands at a place; its length, or -1 past the end. */
static int piece(const char *list, int place, const char **start) {
    if (!*list) return -1;
    for (; place; place--) {
        list = strchr(list, '|');
        if (!list++) return -1;
    }
    *start = list;
    return (int)strcspn(list, "|");
}

static const char *names(void) { return told("STUB_CUDA_NAMES", "NVIDIA Stub A"); }

static int present(void) {
    const char *start;
    int count = 0;
    while (count < MOST && piece(names(), count, &start) >= 0) count++;
    return count;
}

/* The GPU that is seen at a place, by its own number; -1 if there is none. */
static int seen(int place) {
    const char *list = getenv("CUDA_VISIBLE_DEVICES");
    if (!list) return place >= 0 && place < present() ? place : -1;
    for (int at = 0; *list; at++) {
        char *end;
        long gpu = strtol(list, &end, 10);
        if (end == list || gpu < 0 || gpu >= present()) return -1;
        if (at == place) return (int)gpu;
        list = end + (*end == ',');
    }
    return -1;
}

static int count(void) {
    int found = 0;
    while (found < MOST && seen(found) >= 0) found++;
    return found;
}

static int ready(void) {
    int error = number("STUB_CUDA_INIT", 0);
    return error ? error : count() ? 0 : NO_DEVICE;
}

int cuInit(unsigned flags) {
    (void)flags;
    fate("cuInit");
    return ready();
}

int cuDriverGetVersion(int *version) {
    fate("cuDriverGetVersion");
    *version = number("STUB_CUDA_VERSION", 12040);
    return 0;
}

int cuDeviceGetCount(int *found) {
    fate("cuDeviceGetCount");
    *found = count();
    return ready();
}

int cuDeviceGet(int *device, int place) {
    *device = place;
    return seen(place) >= 0 ? 0 : BAD_DEVICE;
}

int cuDeviceGetName(char *name, int size, int device) {
    const char *start;
    fate("cuDeviceGetName");
    if (seen(device) < 0) return BAD_DEVICE;
    int length = piece(names(), seen(device), &start);
    snprintf(name, size, "%.*s", length, start);
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    const char *start = "8.6";
    if (seen(device) < 0) return BAD_DEVICE;
    piece(told("STUB_CUDA_CAPABILITIES", ""), seen(device), &start);
    const char *dot = strchr(start, '.');
    *value = attribute == MAJOR ? atoi(start) : attribute == MINOR ? (dot ? atoi(dot + 1) : 0) : 1;
    return 0;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = (size_t)8 << 30;
    return seen(device) >= 0 ? 0 : BAD_DEVICE;
}

int cuDeviceGetUuid(void *uuid, int device) {
    memset(uuid, 1 + device, 16);
    return 0;
}

int cuDevicePrimaryCtxGetState(int device, unsigned *flags, int *active) {
    (void)device;
    *flags = 0;
    *active = 0;
    return 0;
}

int cuCtxGetCurrent(void **context) {
    *context = NULL;
    return 0;
}

int cuGetErrorName(int error, const char **name) {
    (void)error;
    *name = "STUB_ERROR";
    return 0;
}

int cuGetErrorString(int error, const char **text) {
    (void)error;
    *text = "an error of the stub";
    return 0;
}

int cuGetExportTable(const void **table, const void *id) {
    (void)id;
    *table = NULL;
    return NOT_FOUND;
}

static int missing(void) { return NOT_SUPPORTED; }

int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *found);

/* CUDA 11 passes four arguments; the fifth would be whatever lies there. */
int cuGetProcAddress(const char *name, void **function, int version, uint64_t flags) {
    return cuGetProcAddress_v2(name, function, version, flags, NULL);
}

int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *found) {
    static void *self;
    char newer[128];
    Dl_info here;
    (void)flags;
    if (!self && dladdr((void *)missing, &here)) self = dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    *function = NULL;
    if (!strcmp(name, "cuGetProcAddress")) {
        *function = version >= 12000 ? (void *)cuGetProcAddress_v2 : (void *)cuGetProcAddress;
    } else if (*name) {
        snprintf(newer, sizeof newer, "%s_v2", name);
        *function = dlsym(self, name);
        if (!*function) *function = dlsym(self, newer);
        if (!*function) *function = (void *)missing;
    }
    if (found) *found = *function ? 0 : 1;
    return *function ? 0 : NOT_FOUND;
}
