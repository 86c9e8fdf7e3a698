// Command generate writes the libraries that Pulumi's own code generators make of a package schema.
//
//	generate SCHEMA FOLDER
//
// Below FOLDER there is one folder for each language: nodejs, go, python. The schema is held against
// Pulumi's metaschema first; what is wrong with it is printed, and nothing is written.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gocode "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-powerautomate"

func main() {
	if len(os.Args) != 3 {
		fail("usage: generate SCHEMA FOLDER")
	}
	text, err := os.ReadFile(os.Args[1])
	check(err)
	for _, language := range []string{"nodejs", "go", "python"} {
		files, err := generate(language, bind(text))
		check(err)
		write(filepath.Join(os.Args[2], language), files)
	}
}

func bind(text []byte) *schema.Package {
	var spec schema.PackageSpec
	check(json.Unmarshal(text, &spec))
	pkg, problems, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	check(err)
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem.Error())
	}
	if len(problems) > 0 {
		fail("the schema has problems")
	}
	return pkg
}

func generate(language string, pkg *schema.Package) (map[string][]byte, error) {
	loader := schema.ReferenceLoader(nil)
	switch language {
	case "nodejs":
		check(pkg.ImportLanguages(map[string]schema.Language{"nodejs": nodejs.Importer}))
		return nodejs.GeneratePackage(tool, pkg, nil, nil, true, loader)
	case "go":
		return gocode.GeneratePackage(tool, pkg, nil)
	default:
		return python.GeneratePackage(tool, pkg, nil, loader)
	}
}

func write(folder string, files map[string][]byte) {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, content, 0o644))
	}
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(line string) {
	fmt.Fprintln(os.Stderr, "error:", line)
	os.Exit(1)
}
