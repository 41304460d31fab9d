// SPDX-License-Identifier: Apache-2.0

package normalize

import "testing"

// The dialects that come in numbers, told by json: a flow of Suricata, a line of a
// container, an entry of the journal, a line that Filebeat has read.

func BenchmarkSuricata(b *testing.B) {
	benchFormat(b, normalizeJSON, []byte(`{"timestamp":"2026-11-22T10:00:00.251547+0100","flow_id":586497171462735,"in_iface":"eth0","event_type":"http","src_ip":"203.0.113.14","src_port":50096,"dest_ip":"192.0.2.5","dest_port":80,"proto":"TCP","tx_id":0,"http":{"hostname":"www.example.com","url":"/a/b?c=d","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64)","http_content_type":"text/html","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":1024}}`))
}

func BenchmarkDocker(b *testing.B) {
	benchFormat(b, normalizeJSON, []byte(`{"log":"203.0.113.7 - ana [22/Nov/2026:10:00:00 +0000] \"GET /a?b=c HTTP/1.1\" 403 12 \"-\" \"curl/8\"\n","stream":"stdout","time":"2026-11-22T10:00:00.5Z","kubernetes":{"pod_name":"web-7d6f","namespace_name":"shop","host":"node-1","container_name":"nginx"}}`))
}

func BenchmarkJournald(b *testing.B) {
	benchFormat(b, normalizeJSON, []byte(`{"__CURSOR":"s=d0d5;i=6","__REALTIME_TIMESTAMP":"1795783910928236","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"sshd","PRIORITY":"6","SYSLOG_FACILITY":"4","_UID":"0","_PID":"24200","_EXE":"/usr/sbin/sshd","_COMM":"sshd","_SYSTEMD_UNIT":"ssh.service","MESSAGE":"Failed password for invalid user admin from 203.0.113.44 port 38926 ssh2"}`))
}

func BenchmarkECS(b *testing.B) {
	benchFormat(b, normalizeJSON, []byte(`{"@timestamp":"2026-11-22T10:00:00Z","ecs":{"version":"8.0.0"},"agent":{"type":"filebeat","version":"8.15.0"},"host":{"name":"web-1"},"log":{"offset":17,"file":{"path":"/var/log/auth.log"}},"input":{"type":"filestream"},"message":"Nov 22 09:59:58 db-1 sshd[24200]: Failed password for root from 203.0.113.44 port 38926 ssh2"}`))
}
