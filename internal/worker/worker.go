// Package worker is what the queue's jobs do: one file per kind of job, each
// joining domain, media and the store of files. It decides nothing: what comes
// next, what may be published and what failed for good are rules of
// domain/video (pipeline.go).
//
// The rest of the program asks for work through Queue, whose calls take part
// in the transaction of their cause. app fills the workers' fields and adds
// them to the queue with Register.
//
// Every job may run twice and may be cut off anywhere. Files are written to a
// temporary directory, adopted by the store under names that nobody knows yet,
// and then recorded in one transaction; what no row names is removed by the
// sweep.
package worker
