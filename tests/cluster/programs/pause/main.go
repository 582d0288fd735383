// Copyright: (c) 2026, pharmbio.cpsign contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// The first process of every pod: it holds the pod's namespaces until it is told to end.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
}
