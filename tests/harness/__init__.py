"""What tests share: processes, projects, packages, servers, and generated inputs."""
