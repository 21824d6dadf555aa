#ifndef MARTLET_ZYGOTE_PROTOCOL_H
#define MARTLET_ZYGOTE_PROTOCOL_H

// What `martlet` says to a zygote: one packet, which both sides hold against these numbers. Numbers are little-endian; a text
// is its length in bytes (32 bits) and its bytes.
//
//     u32  MARTLET_ZYGOTE_MAGIC
//     u32  MARTLET_ZYGOTE_PROTOCOL
//     text MARTLET_VERSION: of another one, the rest means something else
//     text what the link /proc/PID/fd/MARTLET_ZYGOTE_PROOF of the zygote says, empty for who can't read it
//     u32  file mode mask
//     MARTLET_ZYGOTE_LIMITS times the resource limits, by RLIMIT_ number: u64 soft, u64 hard
//     u32  how many descriptors from 3 on are the container's
//     for each of MARTLET_ZYGOTE_VARIABLES: u8 1 and the text of its value, or u8 0 when there is none
//     u32  how many words, and that many texts: the words behind the program's name
//
// The link names a file without a name of the zygote's, and 16 bytes that nobody guesses. The kernel lets those read it who may look
// into the zygote: who is confined as no file tells (Landlock) can't.
//
// Beside it come the descriptors: the working directory, the three streams, and those of the container.
//
// The answers of the zygote begin with a byte. Beside the first comes a pidfd of the process that works for the client, which
// waits for the byte MARTLET_ZYGOTE_GO.

#define MARTLET_VERSION "0.1.0"

#define MARTLET_ZYGOTE_MAGIC 0x79677a6du
#define MARTLET_ZYGOTE_PROTOCOL 5u
// Just below the zygote's other descriptors.
#define MARTLET_ZYGOTE_PROOF 63

enum {
    // It fits into one packet of a unix socket as every kernel sizes it.
    MARTLET_ZYGOTE_PACKET = 64 << 10,
    MARTLET_ZYGOTE_LIMITS = 16,
    MARTLET_ZYGOTE_DESCRIPTORS = 4,
    MARTLET_ZYGOTE_PRESERVED = 32,
    MARTLET_ZYGOTE_PROOF_SIZE = 128,

    MARTLET_ZYGOTE_ACCEPTED = 1,
    // Nothing was done: the client does it itself. A text tells why.
    MARTLET_ZYGOTE_DECLINED = 2,
    // It is over: i32, the status that the client ends with.
    MARTLET_ZYGOTE_ENDED = 3,
    MARTLET_ZYGOTE_ANSWER = 16 << 10,
    MARTLET_ZYGOTE_GO = 'g',
};

// What of the environment decides how a container is made, each with a blank behind it.
#define MARTLET_ZYGOTE_VARIABLES \
    "PATH HOME XDG_RUNTIME_DIR XDG_DATA_HOME LISTEN_FDS NOTIFY_SOCKET DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS MARTLET_ALLOW_ANNOTATIONS "

// Set for `martlet-runtime` when the process of a zygote that worked for it ended without a word.
#define MARTLET_ZYGOTE_LOST "MARTLET_ZYGOTE_LOST"

#endif
