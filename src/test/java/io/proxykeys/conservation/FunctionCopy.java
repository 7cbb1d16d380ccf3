package io.proxykeys.conservation;

/** A running copy of the function, which serves one order at a time. */
interface FunctionCopy {

    Answer carryOut(Order order);
}
