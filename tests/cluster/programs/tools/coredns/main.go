// Copyright: (c) 2026, pharmbio.cpsign contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// CoreDNS with the plugins that the node needs; its own program takes the libraries of four clouds along.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() {
	dnsserver.Directives = []string{"bind", "errors", "kubernetes"}
	coremain.Run()
}
