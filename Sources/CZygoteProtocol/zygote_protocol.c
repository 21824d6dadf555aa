#include "zygote_protocol.h"

_Static_assert(MARTLET_ZYGOTE_ANSWER <= MARTLET_ZYGOTE_PACKET, "a client reads an answer where its request was");
