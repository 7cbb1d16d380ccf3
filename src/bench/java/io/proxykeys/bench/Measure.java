package io.proxykeys.bench;

/** What is measured of each function. */
enum Measure {

    /** From starting the process. Floor: connecting. */
    FIRST_POLL("start to first poll, ms"),
    /** Of the floor: connect, prepare and delete. */
    FIRST_ANSWER("start to first answer, ms"),
    INIT_CPU("processor time before the first poll, ms"),
    FIRST_CPU("processor time of the first call, ms"),
    SECOND_CPU("processor time of the second call, ms"),
    MINOR_FAULTS("page faults until the first poll, in memory"),
    MAJOR_FAULTS("page faults until the first answer, read"),
    READ("read from the device until the first answer, MB"),
    WARM("warm delete-all of 3 keys, ms"),
    WARM_CPU("processor time of a warm call, mean, ms"),
    RESIDENT("resident memory after the calls, MiB"),
    PROPORTIONAL("proportional memory, MiB"),
    ANONYMOUS("anonymous memory (private, not of the file), MiB");

    final String title;

    Measure(String title) {
        this.title = title;
    }
}
