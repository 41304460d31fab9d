// SPDX-License-Identifier: Apache-2.0

// Package config reads what the user writes: one YAML file, with the
// environment laid over it.
//
//	file → YAML nodes → overlay of TOCSIN_ENV → ${ENV} expansion → strict decode → Validate
//
// Every error names the file and the line, and an unknown key is one. The
// sections of catalogs (inputs, later sinks) stay raw here: the catalog that
// they belong to decodes them over its own defaults. Secrets from the
// environment are read at load and never written back.
package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"
)

// DefaultEnvironment is the overlay that is used when TOCSIN_ENV is not set.
const DefaultEnvironment = "development"

// Config is the whole of what a user can write.
type Config struct {
	Server    Server            `yaml:"server"`
	Sources   map[string]Source `yaml:"sources"`
	Inputs    []Section         `yaml:"inputs"`
	Redact    Redact            `yaml:"redact"`
	Pipeline  Pipeline          `yaml:"pipeline"`
	Enrich    Enrich            `yaml:"enrich"`
	Detection Detection         `yaml:"detection"`
	Journal   Journal           `yaml:"journal"`
	// Environments hold overlays by name; after Load it is empty.
	Environments map[string]yaml.Node `yaml:"environments"`
}

// Server says where Tocsin answers.
type Server struct {
	// Listen is the HTTP address, host:port.
	Listen string `yaml:"listen"`
}

// Source is the policy of one source.
type Source struct {
	// Criticality is the source's weight in review and reports: low, medium,
	// high or critical.
	Criticality string `yaml:"criticality"`
	// Retention is how long its events are kept, for example 180d.
	Retention Days `yaml:"retention"`
}

// Enrich says what is added to events.
type Enrich struct {
	// Databases are files in MMDB form with countries, cities or autonomous systems.
	// They are asked before those that the program carries.
	Databases []string `yaml:"databases"`
	// Assets is a CSV file with the user's hosts and networks.
	Assets string `yaml:"assets"`
	// UserAgent tells whether client programs are taken apart.
	UserAgent bool `yaml:"user_agent"`
}

// Detection sets the clockwork of the detections.
type Detection struct {
	// Lateness is how far behind its origin's newest event an event may be and
	// still be counted.
	Lateness time.Duration `yaml:"lateness"`
}

// Section is one entry of a catalog's list: a name, a type, and the rest raw.
type Section struct {
	Name, Type string
	// Node is the whole mapping, for the catalog to decode.
	Node yaml.Node
	// Line is where it begins in the file.
	Line int
}

// UnmarshalYAML reads name and type and keeps the rest.
func (s *Section) UnmarshalYAML(n *yaml.Node) error {
	var head struct {
		Name string `yaml:"name"`
		Type string `yaml:"type"`
	}
	if err := n.Decode(&head); err != nil {
		return err
	}
	if head.Type == "" {
		return fmt.Errorf("line %d: type: missing", n.Line)
	}
	*s = Section{Name: head.Name, Type: head.Type, Node: *n, Line: n.Line}
	return nil
}

// Decode reads the section, without name and type, over the values of into, a
// pointer to a struct with yaml tags. An unknown key is an error.
func (s *Section) Decode(into any) error {
	n := s.Node
	n.Content = nil
	for i := 0; i+1 < len(s.Node.Content); i += 2 {
		if k := s.Node.Content[i].Value; k != "name" && k != "type" {
			n.Content = append(n.Content, s.Node.Content[i], s.Node.Content[i+1])
		}
	}
	if err := knownIn(&n, reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	return n.Decode(into)
}

// Default returns the configuration of an empty file.
func Default() Config {
	day := func(criticality string, n Days) Source { return Source{criticality, n} }
	return Config{
		Server: Server{Listen: "127.0.0.1:8514"},
		Sources: map[string]Source{
			"authentication": day("critical", 365),
			"authorization":  day("high", 365),
			"security_audit": day("critical", 365),
			"application":    day("medium", 90),
			"system":         day("high", 180),
			"access":         day("low", 30),
			"llm":            day("high", 365),
		},
		Enrich:    Enrich{UserAgent: true},
		Detection: Detection{Lateness: 10 * time.Minute},
	}
}

// LoadFile reads a file over the defaults. environment names the overlay, ""
// is DefaultEnvironment; lookup is os.LookupEnv or a stand-in for it.
func LoadFile(path, environment string, lookup func(string) (string, bool)) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	c, err := Load(b, environment, lookup)
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// Load reads a document over the defaults.
func Load(document []byte, environment string, lookup func(string) (string, bool)) (Config, error) {
	c := Default()
	top, err := mapping(document)
	if top == nil || err != nil {
		return c, err
	}
	if environment == "" {
		environment = DefaultEnvironment
	}
	overlay(top, environment)
	if err := decode(top, &c, lookup); err != nil {
		return c, err
	}
	c.Environments = nil
	return c, c.Validate()
}

// Validate tells the first thing that is wrong, by the field's path.
func (c *Config) Validate() error {
	if c.Server.Listen == "" {
		return errors.New("server.listen: missing")
	}
	for name, s := range c.Sources {
		switch s.Criticality {
		case "low", "medium", "high", "critical":
		default:
			return fmt.Errorf("sources.%s.criticality: %q is none of low, medium, high, critical", name, s.Criticality)
		}
		if s.Retention < 1 || s.Retention > 2557 {
			return fmt.Errorf("sources.%s.retention: %d days, want 1 to 2557", name, s.Retention)
		}
	}
	if c.Detection.Lateness < 0 || c.Detection.Lateness > 24*time.Hour {
		return fmt.Errorf("detection.lateness: %s, want 0 to 24h", c.Detection.Lateness)
	}
	if err := c.Redact.validate(c.Sources); err != nil {
		return err
	}
	return c.Journal.validate()
}
