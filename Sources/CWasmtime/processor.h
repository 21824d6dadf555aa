// The features of this machine's processor, from what the C library already read at start: no CPUID is executed here,
// which in a virtual machine can cost a trip to the hypervisor.
#pragma once

#include <stdint.h>

#if defined(__x86_64__)
#include <sys/platform/x86.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

enum { MARTLET_PROCESSOR_WORDS = 40 };

/// Fills `words` with the feature bits that programs may use, and returns how many there are.
static inline int martlet_processor_features(uint32_t words[MARTLET_PROCESSOR_WORDS]) {
    int count = 0;
#if defined(__x86_64__)
    for (unsigned leaf = 0; leaf <= CPUID_INDEX_7_ECX_1 && count + 4 <= MARTLET_PROCESSOR_WORDS; leaf++) {
        const struct cpuid_feature *feature = __x86_get_cpuid_feature_leaf(leaf);
        for (int word = 0; word < 4; word++) words[count++] = feature->active_array[word];
    }
#elif defined(__aarch64__)
    uint64_t first = getauxval(AT_HWCAP), second = getauxval(AT_HWCAP2);
    words[count++] = (uint32_t)first;
    words[count++] = (uint32_t)(first >> 32);
    words[count++] = (uint32_t)second;
    words[count++] = (uint32_t)(second >> 32);
#endif
    return count;
}
