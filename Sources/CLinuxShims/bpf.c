#define _GNU_SOURCE
#include "CLinuxShims.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(sizeof(struct martlet_ebpf_instruction) == sizeof(struct bpf_insn), "layout of the kernel");

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

int martlet_bpf_load_device(const struct martlet_ebpf_instruction *program, uint32_t count, char *log, uint32_t log_size) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uintptr_t)program;
    attributes.insn_cnt = count;
    attributes.license = (uintptr_t) "Apache-2.0";
    attributes.log_buf = log_size ? (uintptr_t)log : 0;
    attributes.log_size = log_size;
    attributes.log_level = log_size ? 1 : 0;
    memcpy(attributes.prog_name, "martlet_devices", sizeof "martlet_devices");
    return bpf(BPF_PROG_LOAD, &attributes);
}

int martlet_bpf_query_device(int group, uint32_t *numbers, uint32_t *count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = (uint32_t)group;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uintptr_t)numbers;
    attributes.query.prog_cnt = *count;
    int result = bpf(BPF_PROG_QUERY, &attributes);
    *count = attributes.query.prog_cnt;
    return result;
}

int martlet_bpf_open(uint32_t number) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_id = number;
    return bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}

int martlet_bpf_attach_device(int group, int program, int replaced) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)group;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (replaced >= 0) {
        attributes.attach_flags |= BPF_F_REPLACE;
        attributes.replace_bpf_fd = (uint32_t)replaced;
    }
    return bpf(BPF_PROG_ATTACH, &attributes);
}

int martlet_bpf_detach_device(int group, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)group;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return bpf(BPF_PROG_DETACH, &attributes);
}
