// Programs of the kernel's extended BPF that decide about devices: bpf(2) in the four forms that the device controller needs.
// Each returns what the system call returns: -1 and errno on failure.
#pragma once

#include <stdint.h>

/// One instruction of eBPF, with the layout of the kernel's struct bpf_insn on a little-endian machine.
struct martlet_ebpf_instruction {
    uint8_t code;
    /// The destination in the lower four bits, the source in the upper.
    uint8_t registers;
    int16_t offset;
    int32_t immediate;
};

/// BPF_PROG_LOAD of a BPF_PROG_TYPE_CGROUP_DEVICE program: its descriptor, closed on exec. The verifier's words go to `log`
/// when `log_size` isn't 0.
int martlet_bpf_load_device(const struct martlet_ebpf_instruction *program, uint32_t count, char *log, uint32_t log_size);

/// BPF_PROG_QUERY: the numbers of the device programs attached to a group itself. `*count` is the room, then how many there are.
int martlet_bpf_query_device(int group, uint32_t *numbers, uint32_t *count);

/// BPF_PROG_GET_FD_BY_ID.
int martlet_bpf_open(uint32_t number);

/// BPF_PROG_ATTACH with BPF_F_ALLOW_MULTI; `replaced` is -1, or the attached program whose place the new one takes.
int martlet_bpf_attach_device(int group, int program, int replaced);

/// BPF_PROG_DETACH.
int martlet_bpf_detach_device(int group, int program);
