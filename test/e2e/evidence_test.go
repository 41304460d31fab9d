// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	be "encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// cutLog zeroes a write-ahead log from the first batch on that has an entry of a
// stream, and removes the head that would tell: what somebody with root does who knows
// docs/journal-format.md. It returns how many entries of the stream are gone.
func cutLog(t *testing.T, journal, stream string) (gone int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(journal, "wal", "*.wal"))
	if err != nil || len(files) != 1 {
		t.Fatalf("log files %v, %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	const headers, frameHead, entry, trailer = 1024, 9, 1, 4
	batch, cut := headers, 0
	for at := headers; at+frameHead <= len(raw); {
		length, kind := int(be.BigEndian.Uint32(raw[at:])), raw[at+8]
		if kind == 0 || at+frameHead+length > len(raw) {
			break
		}
		body := raw[at+frameHead : at+frameHead+length]
		if kind == entry && streamOf(body) == stream {
			if gone++; cut == 0 {
				cut = batch
			}
		}
		if at += frameHead + length; kind == trailer {
			batch = at
		}
	}
	if cut == 0 {
		t.Fatalf("no entry of stream %s in the log", stream)
	}
	clear(raw[cut:])
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(journal, "head")); err != nil {
		t.Fatal(err)
	}
	return gone
}

// streamOf reads the stream of an entry's public part.
func streamOf(body []byte) string {
	public := body[32+16+4+4+1:]
	public = public[2+be.BigEndian.Uint16(public):] // behind the origin
	return string(public[2 : 2+be.BigEndian.Uint16(public)])
}

// TestAReceiptConvicts: events that were acknowledged are taken out of the log before
// they are sealed, and every trace in the folder with them. The folder holds together;
// the receipt that their sender kept tells, and names them.
func TestAReceiptConvicts(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	s := start(t, bin, data)
	token := s.token("ingest")
	status, _, kept, err := s.do(request{
		method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson",
		body: []byte(`{"source":"application","message":"one"}` + "\n" + `{"source":"application","message":"two"}` + "\n" + `{"source":"application","message":"three"}` + "\n"),
	})
	if err != nil || status != 200 || !bytes.Contains(kept, []byte(`"receipt":{"body":"tocsin-receipt/1`)) {
		t.Fatalf("%v, %d %s", err, status, kept)
	}
	s.kill()
	answer := filepath.Join(t.TempDir(), "answer.json")
	if err := os.WriteFile(answer, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := s.run("verify", "--data", data, "--receipt", answer); code != 0 || !strings.Contains(out, "answer.json: PENDING") {
		t.Errorf("before: exit %d: %s", code, out)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if err := os.CopyFS(whole, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	if gone := cutLog(t, filepath.Join(data, "journal"), "90d"); gone != 3 {
		t.Fatalf("%d events were taken out", gone)
	}
	for dir, convicted := range map[string]bool{data: true, whole: false} {
		s = start(t, bin, dir) // seals what there is
		s.stop()
		if out, _, code := s.run("verify", "--data", dir); code != 0 || !strings.HasPrefix(out, "UNANCHORED") {
			t.Errorf("without the receipt: exit %d: %s", code, out)
		}
		out, errOut, code := s.run("verify", "--data", dir, "--receipt", answer)
		if convicted && (code != 3 || !strings.HasPrefix(out, "DIVERGED") || !strings.Contains(out, "TRUNCATED  stream 90d, entries 1 to 3\n") || !strings.Contains(out, "answer.json: BROKEN")) {
			t.Errorf("with it: exit %d: %s%s", code, out, errOut)
		}
		if !convicted && (code != 0 || !strings.Contains(out, "answer.json: KEPT")) {
			t.Errorf("a promise that was kept: exit %d: %s%s", code, out, errOut)
		}
	}
}

// TestAKeptCheckpointFindsARollback: an older copy of the folder is found out by a
// checkpoint that an auditor has fetched, and what is gone is named.
func TestAKeptCheckpointFindsARollback(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	old, kept := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "kept.ckpt")
	s := start(t, bin, data)
	token := s.token("ingest")
	send := func(message string) {
		t.Helper()
		s.send("/api/siem/events", token, "application/json", fmt.Appendf(nil, `{"source":"application","message":%q}`, message))
	}
	send("early")
	s.stop()
	if err := os.CopyFS(old, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	s = start(t, bin, data)
	send("late")
	reader := s.token("read")
	if out, errOut, code := s.run("export", "--proof", "--url", s.url, "--token", reader, "-o", filepath.Join(t.TempDir(), "late.ndjson"), "late"); code != 0 {
		t.Fatalf("export: exit %d: %s%s", code, out, errOut)
	}
	if out, errOut, code := s.run("checkpoint", "--url", s.url, "--token", reader, "-o", kept); code != 0 {
		t.Fatalf("checkpoint: exit %d: %s%s", code, out, errOut)
	}
	s.stop()
	if out, _, code := s.run("verify", "--data", data, "--checkpoint", kept); code != 0 || !strings.HasPrefix(out, "VALID") {
		t.Errorf("the folder itself: exit %d: %s", code, out)
	}
	s = start(t, bin, old) // somebody puts the copy in its place, and it goes on
	s.stop()
	if out, _, code := s.run("verify", "--data", old); code != 0 {
		t.Errorf("the copy by itself: exit %d: %s", code, out)
	}
	out, errOut, code := s.run("verify", "--data", old, "--checkpoint", kept)
	if code != 3 || !strings.HasPrefix(out, "DIVERGED") || !strings.Contains(out, "\nDIVERGED  stream 90d") || !strings.Contains(out, "\nDIVERGED  stream 366d") || !strings.Contains(errOut, "does not continue what is known of it") {
		t.Errorf("the copy: exit %d: %s%s", code, out, errOut)
	}
}

// TestEvidenceLeavesTheHouse: an export is checked in an empty folder, with the public
// key alone; one changed byte is found.
func TestEvidenceLeavesTheHouse(t *testing.T) {
	t.Parallel()
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	s := start(t, bin, data)
	token := s.token("ingest")
	for i := range 5 {
		s.send("/api/siem/events", token, "application/json", fmt.Appendf(nil, `{"source":"application","user":"ana","message":"step %d"}`, i))
	}
	elsewhere := t.TempDir()
	bundle := filepath.Join(elsewhere, "bundle.ndjson")
	if out, errOut, code := s.run("export", "--proof", "--complete", "--url", s.url, "--token", s.token("read"), "-o", bundle, "user:ana"); code != 0 {
		t.Fatalf("export: exit %d: %s%s", code, out, errOut)
	}
	key, _, code := s.run("key", "public", "--data", data)
	if code != 0 {
		t.Fatal("no public key")
	}
	var proof struct{ Bundle, Checkpoint string }
	var page list[event]
	s.get("/api/siem/logs?user_id=ana", &page)
	s.get("/api/siem/logs/"+page.Items[0].ID+"/proof", &proof)
	one := filepath.Join(elsewhere, "one.ndjson")
	if err := os.WriteFile(one, []byte(proof.Bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	s.stop()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	verify := func(file string) (string, int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), bin, "verify", "--key", strings.TrimSpace(key), "--show", file)
		cmd.Dir, cmd.Env = elsewhere, []string{"PATH="} // nothing of the server's
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := verify(bundle); code != 0 || !strings.Contains(out, "complete: proven") || strings.Count(out, `"user":"ana"`) != 5 {
		t.Errorf("exit %d: %s", code, out)
	}
	if out, code := verify(one); code != 0 || !strings.Contains(out, page.Items[0].Message) {
		t.Errorf("exit %d: %s", code, out)
	}
	raw, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(raw, []byte(`"bytes":"`)) + 40
	if raw[at]++; raw[at] > 'z' {
		raw[at] = 'A'
	}
	changed := filepath.Join(elsewhere, "changed.ndjson")
	if err := os.WriteFile(changed, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := verify(changed); code != 3 {
		t.Errorf("a changed byte: exit %d: %s", code, out)
	}
}
