/* NVIDIA's management library, as far as the driver's release goes.
 *
 *   STUB_NVML_INIT     what nvmlInit_v2 answers: 0, 9 (driver not loaded), 18 (library and kernel module differ) …
 *   STUB_NVML_RELEASE  the driver's own version, 550.54.14
 */
#include <stdio.h>
#include <stdlib.h>

enum { UNINITIALISED = 1 };

static int ready;

int nvmlInit_v2(void) {
    const char *error = getenv("STUB_NVML_INIT");
    int answer = error && *error ? atoi(error) : 0;
    ready += !answer;
    return answer;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    return nvmlInit_v2();
}

int nvmlShutdown(void) {
    if (!ready) return UNINITIALISED;
    ready--;
    return 0;
}

int nvmlSystemGetDriverVersion(char *release, unsigned size) {
    const char *told = getenv("STUB_NVML_RELEASE");
    if (!ready) return UNINITIALISED;
    snprintf(release, size, "%s", told ? told : "550.54.14");
    return 0;
}

const char *nvmlErrorString(int error) {
    return error == 18 ? "Driver/library version mismatch" : error == 9 ? "Driver Not Loaded" : "an error of the stub";
}
